import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Client, createTenant, login, type Stack, type StackTenant } from '@tenantry/testing';

interface Operation {
  readonly method: string;
  readonly path: string;
  /** What its caller must be allowed to do, as the document says. */
  readonly needs: string;
  readonly isPlatform: boolean;
}

interface Actor {
  readonly name: string;
  readonly client: Client;
  /** Of a person: what their roles let them do. Of an operator: the scopes of the key. */
  readonly may: readonly string[];
  readonly is: 'person' | 'operator' | 'nobody';
}

interface Role {
  readonly name: string;
  readonly permissions: string[];
}
type Page<Item> = { data: Item[] };
type Document = { paths: Record<string, Record<string, { 'x-permission'?: string }>> };

const someId = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const password = 'anvil-orbit-walnut-9';
/** Refused by every route that takes a body, but not before it is known who may ask at all: so nothing is ever done. */
const unknownField = JSON.stringify({ 'a field of no route': 1 });

/** What the guards make of a request: refused for who asks, or let through to be answered by what it says. */
function expectedOf({ needs, isPlatform }: Operation, { is, may }: Actor): string {
  if (needs === 'public') return 'let through';
  if (is !== (isPlatform ? 'operator' : 'person')) return '401 unauthenticated';
  return needs === 'authenticated' || may.includes(needs) ? 'let through' : '403 forbidden';
}

/** No answer of a route that works is a failure of ours: that is told as one. */
function seenOf({ status, body }: Answer): string {
  const { type = '' } = body as { type?: string };
  const code = type.replace('/problems/', '');
  return status >= 500 || ['unauthenticated', 'forbidden', 'tenant-mismatch'].includes(code)
    ? `${status} ${code}`
    : 'let through';
}

const ask = (client: Client, { method, path }: Operation, id = someId): Promise<Answer> => {
  const takesBody = ['POST', 'PUT', 'PATCH'].includes(method);
  const headers = { 'if-match': '*', ...(takesBody ? { 'content-type': 'application/json' } : {}) };
  return client.send(method, path.replaceAll(/\{\w+\}/g, id), takesBody ? unknownField : undefined, headers);
};

/** Of routes that ask for more than an empty one: a body that would do something. */
const bodies: Readonly<Record<string, object>> = {
  'POST /v1/products/{id}/stock-adjustments': { delta: -1, reason: 'taken' },
};

/** All that an answer tells about the thing of this id. */
async function saidOf(client: Client, operation: Operation, id: string): Promise<string> {
  const { method, path } = operation;
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? (bodies[nameOf(operation)] ?? {}) : undefined;
  const answer = await client.send(method, path.replace('{id}', id), body && JSON.stringify(body), {
    ...{ 'if-match': '*', 'idempotency-key': method === 'POST' ? randomUUID() : undefined },
    'content-type': body && 'application/json',
  });
  return JSON.stringify([answer.status, { ...answer.body, instance: '', requestId: '' }]).slice(1);
}

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** Every route of the documents by every role, in the caller's tenant and another: a new route is covered as soon as it is documented. */
export const permissionMatrix = (stack: () => Stack): void =>
  describe('who may call what', () => {
    let acme: StackTenant;
    let globex: StackTenant;
    let operations: Operation[];
    let actors: Actor[];

    const documented = async (path: string, isPlatform: boolean): Promise<Operation[]> => {
      const { paths } = (await stack().http.get<Document>(path)).body;
      return Object.entries(paths).flatMap(([route, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({
          method: method.toUpperCase(),
          path: route,
          needs: operation['x-permission'] ?? 'not said',
          isPlatform: isPlatform && route.startsWith('/v1/'),
        })),
      );
    };

    const personWith = async ({ name, permissions }: Role): Promise<Actor> => {
      const email = `${name}@matrix.example`;
      const person = { email, password, firstName: 'Ada', lastName: 'Lovelace', roles: [name] };
      expect((await acme.admin.post('/v1/users', person)).status).toBe(201);
      const token = await login(stack(), acme.slug, email, password);
      const client = stack().http.with({ authorization: `Bearer ${token}` });
      return { name, client, may: permissions, is: 'person' };
    };

    beforeAll(async () => {
      [acme, globex] = await Promise.all([createTenant(stack()), createTenant(stack())]);
      operations = [
        ...(await documented('/openapi.json', false)),
        ...(await documented('/openapi-platform.json', true)),
      ];
      const custom = { name: 'auditor', permissions: ['roles:read', 'audit:read'] };
      expect((await acme.admin.post('/v1/roles', custom)).status).toBe(201);
      const { data: roles } = (await acme.admin.get<Page<Role>>('/v1/roles?limit=100')).body;
      const scopes = ['tenants:read'];
      const key = { name: 'matrix', scopes };
      const { body: limited } = await stack().operator.post<{ key: string }>('/v1/admin/operators', key);
      actors = [
        ...(await Promise.all(roles.map(personWith))),
        { name: 'nobody', client: stack().http.with({ 'x-tenant': acme.slug }), may: [], is: 'nobody' },
        { name: 'operator', client: stack().operator, may: operations.map(({ needs }) => needs), is: 'operator' },
        {
          ...{ name: 'limited operator', may: scopes, is: 'operator' },
          client: stack().http.with({ authorization: `Bearer ${limited.key}` }),
        },
      ];
    }, 60_000);

    it('is documented for every route', () => {
      expect(operations.length).toBeGreaterThan(30);
      expect(operations.filter(({ needs }) => needs === 'not said').map(nameOf)).toEqual([]);
    });

    it('is what the document says, for every role, nobody and operators', async () => {
      const surprises: string[] = [];
      for (const operation of operations) {
        // What is open to nobody in particular is open to all.
        const asked = actors.filter(({ is }) => operation.needs !== 'public' || is === 'nobody');
        const answers = await Promise.all(asked.map(({ client }) => ask(client, operation)));
        asked.forEach((actor, at) => {
          const [expected, seen] = [expectedOf(operation, actor), seenOf(answers[at]!)];
          if (seen !== expected) surprises.push(`${nameOf(operation)} by ${actor.name}: ${seen}, not ${expected}`);
        });
      }
      expect(surprises).toEqual([]);
    }, 60_000);

    it('is nothing in another tenant, whatever it is at home', async () => {
      const ofTenants = operations.filter(({ needs, isPlatform }) => needs !== 'public' && !isPlatform);
      const people = actors.filter(({ is }) => is === 'person');
      const surprises: string[] = [];
      for (const operation of ofTenants) {
        const answers = await Promise.all(
          people.map(({ client }) => ask(client.with({ 'x-tenant': globex.slug }), operation)),
        );
        people.forEach(({ name }, at) => {
          const seen = seenOf(answers[at]!);
          if (seen !== '403 tenant-mismatch') surprises.push(`${nameOf(operation)} by ${name}: ${seen}`);
        });
      }
      expect(surprises).toEqual([]);
    }, 60_000);

    it("knows another tenant's things as little as things that do not exist, whoever asks, and leaves them alone", async () => {
      await globex.admin.post('/v1/products', { name: 'Anvil', price: '1', stockQuantity: 7 });
      await globex.admin.post('/v1/roles', { name: 'theirs alone', permissions: [] });
      const ofOne = operations.filter(({ path, isPlatform }) => path.includes('/{id}') && !isPlatform);
      const people = actors.filter(({ is }) => is === 'person');
      const theirs = async (path: string) =>
        (await globex.admin.get<Page<{ id: string }>>(path.replace(/\/\{id\}.*/, ''))).body.data;
      const before = await Promise.all(ofOne.map(({ path }) => theirs(path)));
      const surprises: string[] = [];
      for (const [at, operation] of ofOne.entries()) {
        for (const actor of people) {
          // The last one: built-in roles, which come first, have the same ids in all tenants.
          const ids = [before[at]!.at(-1)!.id, someId];
          const [of, ofNobody] = await Promise.all(ids.map((id) => saidOf(actor.client, operation, id)));
          const expected = expectedOf(operation, actor) === 'let through' ? '404' : '403';
          if (of !== ofNobody || !of!.startsWith(expected))
            surprises.push(`${nameOf(operation)} by ${actor.name}: ${of}, and of nobody's ${ofNobody}`);
        }
      }
      expect(ofOne.length).toBeGreaterThan(10);
      expect(surprises).toEqual([]);
      expect(await Promise.all(ofOne.map(({ path }) => theirs(path)))).toEqual(before);
    }, 60_000);
  });
