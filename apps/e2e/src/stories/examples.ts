import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, login, type Stack } from '@tenantry/testing';

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { name: string; in: string; schema: { examples?: readonly string[] } }[];
  readonly requestBody?: { content: Record<string, { example: Record<string, string> }> };
}

interface Place {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** What nobody can send without a mail, a token, a birth that failed, another server or a run of migrations that takes its time. */
const unsendable = [
  'Registration.verifyEmail',
  'Registration.resetPassword',
  'Auth.refresh',
  'TenantLifecycle.retry',
  'Clusters.register',
  'MigrationRuns.pause',
  'MigrationRuns.resume',
  'MigrationRuns.cancel',
  'MigrationRuns.retryFailed',
];
/** What closes something, when the others have been there. */
const last = [
  'TenantLifecycle.maintain',
  'TenantLifecycle.suspend',
  'TenantLifecycle.resume',
  'Me.changePassword',
  'TenantLifecycle.remove',
];

const bodyOf = ({ requestBody }: Operation) => requestBody?.content['application/json']?.example;

/** What the page at /docs sends for who changes nothing of it. */
export const examples = (stack: () => Stack): void => {
  describe('the examples of the documents', () => {
    let places: Place[];
    let admin: Client;
    /** Of what there is, by its collection. */
    const ids: Record<string, string> = {};

    const idIn = async (collection: string): Promise<string> =>
      (ids[collection] ??= (await stack().operator.get<{ data: { id: string }[] }>(collection)).body.data[0]!.id);

    const send = async ({ method, path, operation }: Place) => {
      const collection = path.slice(0, path.indexOf('/{'));
      // Its new credentials come while nothing else happens to it.
      const isOther = operation.operationId === 'TenantLifecycle.rotateCredentials';
      const id = path.includes('{') ? (isOther ? ids['other tenant']! : await idIn(collection)) : '';
      const headers = Object.fromEntries(
        (operation.parameters ?? []).flatMap((one) => {
          const [example] = one.in === 'header' ? (one.schema.examples ?? []) : [];
          return example === undefined ? [] : [[one.name, example]];
        }),
      );
      const body = bodyOf(operation);
      const { http, operator } = stack();
      const sender = operation.security.length === 0 ? http : path.startsWith('/v1/admin/') ? operator : admin;
      const type = body ? { 'content-type': 'application/json' } : {};
      const answer = await sender.send(
        method.toUpperCase(),
        path.replace(/\{\w+\}/, id),
        body && JSON.stringify(body),
        {
          ...headers,
          ...type,
        },
      );
      const made = answer.status === 201 ? (answer.body as { id: string }).id : undefined;
      // The tenant of the examples stays what they are about.
      if (made) ids[operation.operationId === 'Tenants.create' ? 'other tenant' : path] = made;
      return answer;
    };

    beforeAll(async () => {
      const documents = ['/openapi.json', '/openapi-platform.json'].map(async (at) => {
        const { body } = await stack().http.get<{ paths: Record<string, Record<string, Operation>> }>(at);
        return Object.entries(body.paths).flatMap(([path, item]) =>
          Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
        );
      });
      places = (await Promise.all(documents)).flat();
      const { email, password } = bodyOf(places.find(({ path }) => path === '/v1/auth/login')!.operation)!;
      // As `npm start` makes its demo tenant.
      const person = { email, password, firstName: 'Ada', lastName: 'Acme' };
      const { operator } = stack();
      const tenant = await operator
        .with({ prefer: 'wait=4' })
        .post<{ id: string }>('/v1/admin/tenants', { slug: 'acme', name: 'Acme', signUp: true, admin: person });
      ids['/v1/admin/tenants'] = tenant.body.id;
      admin = stack().http.with({ authorization: `Bearer ${await login(stack(), 'acme', email!, password!)}` });
    }, 30_000);

    it('are taken as they are', async () => {
      const sendable = places.filter(
        ({ method, path, operation }) =>
          (method === 'get' ? !path.includes('{') : bodyOf(operation)) && !unsendable.includes(operation.operationId),
      );
      const rank = ({ operation }: Place): number => last.indexOf(operation.operationId);
      const refused: string[] = [];
      for (const place of sendable.toSorted((one, other) => rank(one) - rank(other))) {
        const { status, text } = await send(place);
        if (status >= 300) refused.push(`${place.operation.operationId}: ${status} ${text}`);
      }
      expect(refused).toEqual([]);
      expect(sendable.length).toBeGreaterThan(35);
    }, 60_000);
  });
};
