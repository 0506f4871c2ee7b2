import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Product, User } from '@tenantry/contracts';
import { type Answer, type Client, createTenant, login, type Stack, type StackTenant } from '@tenantry/testing';
import { expectProblem } from './problem.js';
import { sendBytes } from './wire.js';

const anvil = { name: 'Anvil', description: 'Drops well', price: '12.50', stockQuantity: 7 };
const grace = {
  email: 'grace@people.example',
  password: 'anvil-orbit-walnut-9',
  firstName: 'Grace',
  lastName: 'Hopper',
};
const unknownId = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';

type Page<Item> = { data: Item[]; nextCursor: string | null };

const anyVersion = { 'if-match': '*' };

/** The path of README, by two tenants at once that have things of the same names. */
export const twoTenants = (stack: () => Stack): void =>
  describe('two tenants with same-named things', () => {
    let acme: StackTenant;
    let globex: StackTenant;
    let ofAcme: Product;
    let ofGlobex: Product;

    beforeAll(async () => {
      [acme, globex] = await Promise.all([createTenant(stack()), createTenant(stack())]);
      const created = await Promise.all([acme, globex].map(({ admin }) => admin.post<Product>('/v1/products', anvil)));
      expect(created.map(({ status }) => status)).toEqual([201, 201]);
      [ofAcme, ofGlobex] = created.map(({ body }) => body) as [Product, Product];
    });

    it('a product is created, and found where Location says', async () => {
      const created = await acme.admin.post<Product>('/v1/products', { name: 'Rope', price: '3' });
      expect(created.status).toBe(201);
      expect(created.body).toMatchObject({
        name: 'Rope',
        price: '3.00',
        stockQuantity: 0,
        active: true,
        managedBy: null,
      });
      expect(created.headers.location).toBe(`/v1/products/${created.body.id}`);
      const read = await acme.admin.get<Product>(created.headers.location!);
      expect(read).toMatchObject({ status: 200, body: created.body });
      expect((await acme.admin.with(anyVersion).delete(created.headers.location!)).status).toBe(204);
      expectProblem(await acme.admin.get(created.headers.location!), 'not-found');
    });

    it('a product is changed in the given fields alone', async () => {
      const { id } = (await acme.admin.post<Product>('/v1/products', anvil)).body;
      const writer = acme.admin.with(anyVersion);
      const changed = await writer.patch<Product>(`/v1/products/${id}`, { price: '99.99', description: null });
      expect(changed).toMatchObject({ status: 200, body: { ...anvil, price: '99.99', description: null } });
      expect((await acme.admin.get(`/v1/products/${id}`)).body).toEqual(changed.body);
      expect((await writer.delete(`/v1/products/${id}`)).status).toBe(204);
    });

    it('each lists its own, newest first, page by page', async () => {
      const names = ['Bolt', 'Crate', 'Drill'];
      for (const name of names) await globex.admin.post('/v1/products', { name, price: '1' });
      const first = await globex.admin.get<Page<Product>>('/v1/products?limit=2');
      expect(first.body.data.map(({ name }) => name)).toEqual(['Drill', 'Crate']);
      const second = await globex.admin.get<Page<Product>>(`/v1/products?limit=2&cursor=${first.body.nextCursor}`);
      expect(second.body).toMatchObject({ data: [{ name: 'Bolt' }, ofGlobex], nextCursor: null });
      const all = await acme.admin.get<Page<Product>>('/v1/products?limit=100');
      expect(all.body).toEqual({ data: [ofAcme], nextCursor: null });
      expectProblem(await acme.admin.get(`/v1/products?cursor=${first.body.nextCursor}`), 'invalid-cursor');
    });

    it("the other's ids answer exactly as ids that nobody has", async () => {
      const attempts: ((client: Client, id: string) => Promise<Answer>)[] = [
        (client, id) => client.get(`/v1/products/${id}`),
        (client, id) => client.with(anyVersion).patch(`/v1/products/${id}`, { price: '1' }),
        (client, id) => client.with(anyVersion).delete(`/v1/products/${id}`),
      ];
      for (const attempt of attempts) {
        const [foreign, unknown] = await Promise.all([ofGlobex.id, unknownId].map((id) => attempt(acme.admin, id)));
        expectProblem(foreign!, 'not-found');
        expect(withoutIds(foreign!)).toEqual(withoutIds(unknown!));
      }
      expect((await globex.admin.get(`/v1/products/${ofGlobex.id}`)).body).toEqual(ofGlobex);
    });

    it("the other's versions are no versions here", async () => {
      const path = `/v1/products/${ofAcme.id}`;
      const { etag: foreign } = (await globex.admin.get(`/v1/products/${ofGlobex.id}`)).headers;
      const { etag: own } = (await acme.admin.get(path)).headers;
      expect(foreign).not.toBe(own);
      expect(await acme.admin.with({ 'if-none-match': foreign }).get(path)).toMatchObject({
        status: 200,
        body: ofAcme,
      });
      const writer = acme.admin.with({ 'if-match': foreign });
      expectProblem(await writer.patch(path, { price: '1' }), 'precondition-failed');
      expectProblem(await writer.delete(path), 'precondition-failed');
      expect(await acme.admin.get(path)).toMatchObject({ headers: { etag: own }, body: ofAcme });
    });

    it("the other's people manage no product here", async () => {
      const { id } = (await globex.admin.get<User>('/v1/me')).body;
      expectProblem(await acme.admin.post('/v1/products', { ...anvil, managedBy: id }), 'validation');
      const mine = (await acme.admin.get<User>('/v1/me')).body.id;
      expect((await acme.admin.post('/v1/products', { ...anvil, managedBy: mine })).body).toMatchObject({
        managedBy: mine,
      });
    });

    it('the same e-mail is a person of each, with a password of each', async () => {
      const passwords = ['anvil-orbit-walnut-9', 'walnut-orbit-anvil-7'];
      for (const [index, { admin }] of [acme, globex].entries()) {
        const created = await admin.post<User>('/v1/users', { ...grace, password: passwords[index] });
        expect(created).toMatchObject({ status: 201, body: { email: grace.email, roles: ['member'], active: true } });
        expect(created.text).not.toContain(passwords[index]);
        const { data } = (await admin.get<Page<User>>('/v1/users')).body;
        expect(data.map(({ email }) => email)).toEqual([grace.email, [acme, globex][index]!.email]);
      }
      await login(stack(), acme.slug, grace.email, passwords[0]!);
      await login(stack(), globex.slug, grace.email, passwords[1]!);
      const wrong = stack().http.with({ 'x-tenant': acme.slug });
      const crossed = await wrong.post('/v1/auth/login', { email: grace.email, password: passwords[1] });
      expectProblem(crossed, 'invalid-credentials');
    });

    it('/v1/me is who the token says, in its own tenant', async () => {
      for (const { admin, email } of [acme, globex]) {
        expect(await admin.get('/v1/me')).toMatchObject({ status: 200, body: { email, roles: ['admin'] } });
      }
    });

    it("a token of one beside the other's name is refused", async () => {
      for (const path of ['/v1/products', '/v1/me', `/v1/products/${ofGlobex.id}`]) {
        expectProblem(await acme.admin.with({ 'x-tenant': globex.slug }).get(path), 'tenant-mismatch');
      }
      expect((await acme.admin.with({ 'x-tenant': acme.slug }).get('/v1/products')).status).toBe(200);
    });

    it('a viewer reads and does not write', async () => {
      const viewer = { ...grace, email: 'viewer@people.example', roles: ['viewer'] };
      expect((await acme.admin.post('/v1/users', viewer)).status).toBe(201);
      const token = await login(stack(), acme.slug, viewer.email, viewer.password);
      const client = acme.admin.with({ authorization: `Bearer ${token}` });
      expect((await client.get(`/v1/products/${ofAcme.id}`)).body).toEqual(ofAcme);
      expect((await client.get('/v1/products')).status).toBe(200);
      expect((await client.get('/v1/me')).body).toMatchObject({ email: viewer.email, roles: ['viewer'] });
      for (const refused of [
        await client.post('/v1/products', anvil),
        await client.patch(`/v1/products/${ofAcme.id}`, { price: '1' }),
        await client.delete(`/v1/products/${ofAcme.id}`),
        await client.get('/v1/users'),
        await client.post('/v1/users', { ...viewer, email: 'more@people.example' }),
        // Refused before a byte of it is here.
        await sendBytes(
          stack(),
          `POST /v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n`,
        ),
      ]) {
        expectProblem(refused, 'forbidden');
      }
      expect((await acme.admin.get(`/v1/products/${ofAcme.id}`)).body).toEqual(ofAcme);
    });
  });

/** An answer without what differs between any two. */
const withoutIds = ({ status, headers, body }: Answer): unknown => ({
  status,
  headers: { ...headers, date: '', 'x-request-id': '', ratelimit: '' },
  body: { ...body, requestId: '', instance: '' },
});
