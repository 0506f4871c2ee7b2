import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Product } from '@tenantry/contracts';
import { type Answer, type Client, createTenant, type Stack } from '@tenantry/testing';
import { expectProblem, expectProperAnswer } from './problem.js';

const races = 100;
const writers = 4;

/** What a client knows of a product's version, and what two clients may not do to each other. */
export const versions = (stack: () => Stack): void =>
  describe('a product with versions', () => {
    let admin: Client;
    let path: string;
    let etag: string;

    const matching = (tag: string): Client => admin.with({ 'if-match': tag });
    const read = async (): Promise<Answer<Product>> => admin.get<Product>(path);

    beforeAll(async () => {
      ({ admin } = await createTenant(stack()));
      const made = await admin.post<Product>('/v1/products', { name: 'Anvil', price: '10', description: 'Heavy' });
      path = made.headers.location!;
      etag = made.headers.etag!;
    });

    it('has a strong tag, the same until it changes, that only its reader may keep', async () => {
      const answer = await read();
      expect(answer.headers).toMatchObject({ etag, 'cache-control': 'private, no-cache' });
      expect(etag).toMatch(/^"[\x21\x23-\x7e]+"$/);
      expect(answer.body).not.toHaveProperty('version');
      expect((await admin.get('/v1/products')).headers).toMatchObject({ 'cache-control': 'no-store' });
    });

    it.each(['the tag', 'the weak tag', 'a list with it', '*'])('held already, as %s says, is 304', async (said) => {
      const held = { 'the tag': etag, 'the weak tag': `W/${etag}`, 'a list with it': `"x", ${etag}`, '*': '*' }[said];
      const answer = await admin.with({ 'if-none-match': held }).get(path);
      expect(answer).toMatchObject({ status: 304, text: '', headers: { etag } });
      expectProperAnswer(answer);
    });

    it('is told by HEAD as by GET, without the body', async () => {
      const whole = await admin.send('HEAD', path);
      expect(whole).toMatchObject({ status: 200, text: '', headers: { etag } });
      const held = await admin.with({ 'if-none-match': etag }).send('HEAD', path);
      expect(held).toMatchObject({ status: 304, text: '', headers: { etag } });
      expect((await admin.send('HEAD', '/v1/products?limit=1')).status).toBe(200);
    });

    it('held in another version is answered whole', async () => {
      expect((await admin.with({ 'if-none-match': '"x"' }).get(path)).status).toBe(200);
    });

    it('is neither changed nor deleted by who does not say which version is meant', async () => {
      expectProblem(await admin.patch(path, { price: '1' }), 'precondition-required');
      expectProblem(await admin.delete(path), 'precondition-required');
    });

    it.each(['"x"', 'another', 'weak'])('is neither changed nor deleted by who says %s', async (said) => {
      const other = await admin.post<Product>('/v1/products', { name: 'Rope', price: '1' });
      const tag = { another: other.headers.etag!, weak: `W/${etag}` }[said] ?? said;
      expectProblem(await matching(tag).patch(path, { price: '1' }), 'precondition-failed');
      expectProblem(await matching(tag).patch(path, {}), 'precondition-failed');
      expectProblem(await matching(tag).delete(path), 'precondition-failed');
      expect((await read()).headers.etag).toBe(etag);
    });

    it('is neither changed nor deleted by who says what is no tag: that is a mistake, and no conflict', async () => {
      for (const tag of ['x', '"x', '*, "x"']) {
        const refused = await matching(tag).patch(path, { price: '1' });
        expectProblem(refused, 'bad-request');
        expect(refused.body).toMatchObject({ errors: [{ pointer: '/If-Match' }] });
        expectProblem(await matching(tag).delete(path), 'bad-request');
      }
      expect((await read()).headers.etag).toBe(etag);
    });

    it('is as it was after a patch of nothing', async () => {
      const before = await read();
      const answer = await matching(etag).patch<Product>(path, {});
      expect(answer).toMatchObject({ status: 200, headers: { etag }, body: before.body });
      expect(await read()).toMatchObject({ headers: { etag }, body: before.body });
    });

    it('is changed by a merge patch, called that or plain JSON, and by no other', async () => {
      const send = (type: string, description: string | null): Promise<Answer<Product>> =>
        admin.send('PATCH', path, JSON.stringify({ description }), { 'content-type': type, 'if-match': '*' });
      const types = ['application/merge-patch+json', 'application/json'];
      for (const type of types) {
        expect((await send(type, type)).body).toMatchObject({ name: 'Anvil', description: type });
      }
      expect((await send(types[0]!, null)).body.description).toBeNull();
      const refused = await send('application/json-patch+json', 'x');
      expectProblem(refused, 'unsupported-media-type');
      expect(refused.headers['accept-patch']).toBe(types.join(', '));
      ({ etag } = (await read()).headers as { etag: string });
    });

    it('has one winner of many who change what they have read, a hundred times', async () => {
      for (let race = 0; race < races; race++) {
        const { etag: seen } = (await read()).headers;
        const answers = await Promise.all(
          Array.from({ length: writers }, (_, at) =>
            matching(seen!).patch(path, { stockQuantity: race * writers + at }),
          ),
        );
        const won = answers.filter(({ status }) => status === 200);
        expect(won).toHaveLength(1);
        for (const answer of answers) if (answer !== won[0]) expectProblem(answer, 'precondition-failed');
        expect(await read()).toMatchObject({ headers: { etag: won[0]!.headers.etag }, body: won[0]!.body });
      }
    });

    it('is deleted in the version that is meant, and then is not there for any', async () => {
      const { headers } = await read();
      expect((await matching(headers.etag!).delete(path)).status).toBe(204);
      expectProblem(await matching(headers.etag!).delete(path), 'not-found');
      expectProblem(await matching('*').patch(path, { price: '1' }), 'not-found');
      expectProblem(await admin.with({ 'if-none-match': '*' }).get(path), 'not-found');
    });
  });
