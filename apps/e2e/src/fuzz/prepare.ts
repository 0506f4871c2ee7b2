import type { Session } from '@tenantry/contracts';
import { type Client, createTenant, login, type Stack, type StackTenant, tenantWish } from '@tenantry/testing';
import type { Known } from './requests.js';

interface Prepared {
  /** The admin of a tenant, nobody in that tenant, and an operator. */
  readonly clients: readonly [admin: Client, nobody: Client, operator: Client];
  readonly known: Known;
}

const many = 6;
const times = <Result>(make: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: many }, (_, index) => make(index)));

/** Of what can be made once, enough. */
const numbered = (make: (number: number) => object): object[] =>
  Array.from({ length: 50 }, (_, index) => make(100 + index));

/** Something of everything that can be asked for. */
export async function prepare(stack: Stack): Promise<Prepared> {
  const tenant = await createTenant(stack);
  const other = await createTenant(stack);
  const leaving = await createTenant(stack);
  const { admin, slug, email, password } = tenant;
  await stack.operator.with({ 'if-match': '*' }).patch(`/v1/admin/tenants/${tenant.id}`, { signUp: true });
  const nobody = stack.http.with({ 'x-tenant': slug });
  const idOf = async (path: string, body: object): Promise<string> => {
    const answer = await admin.post<{ id: string }>(path, body);
    if (answer.status !== 201) throw new Error(`${path} answered ${answer.status} ${answer.text}`);
    return answer.body.id;
  };
  const listed = async <Item>(client: Client, path: string): Promise<Item[]> =>
    (await client.get<{ data: Item[] }>(path)).body.data;
  const products = await times((index) =>
    idOf('/v1/products', { name: `Anvil ${index}`, price: '1', stockQuantity: 5 }),
  );
  const users = await times((index) => idOf('/v1/users', userOf(index)));
  const roles = await times((index) => idOf('/v1/roles', { name: `role-${index}`, permissions: ['products:read'] }));
  const sessions = await endableSessions(tenant, stack);
  const clusters = await listed<{ id: string }>(stack.operator, '/v1/admin/clusters');
  const refresh = await nobody.post<{ refreshToken: string }>('/v1/auth/login', { email, password });
  const operation = await stack.operator.post('/v1/admin/secrets/rewrap', { reason: 'To have an operation.' });
  const run = await stack.operator.post<{ id: string }>('/v1/admin/migration-runs', { check: true });
  return {
    clients: [admin, nobody, stack.operator],
    known: {
      anyIds: [products[0]!, other.id],
      ids: {
        '/v1/products': products,
        '/v1/users': users,
        '/v1/roles': roles,
        '/v1/auth/sessions': sessions,
        '/v1/admin/tenants': [other.id],
        '/v1/admin/operations': [operation.headers.location!.split('/').at(-1)!],
        '/v1/admin/migration-runs': [run.body.id],
        // What is deleted is of no use to the others.
        'Products.delete': products.splice(-2),
        'Users.delete': users.splice(-2),
        'Roles.delete': roles.splice(-2),
        'TenantLifecycle.remove': [leaving.id],
        '/v1/admin/clusters': clusters.map(({ id }) => id),
      },
      parameters: { 'X-Tenant': [slug], 'If-Match': ['*'], code: ['validation', 'not-found'] },
      bodies: {
        'Auth.login': [{ email, password }],
        'Auth.refresh': [{ refreshToken: refresh.body.refreshToken }],
        'TenantLifecycle.remove': [{ confirmSlug: leaving.slug, reason: 'No longer needed.' }],
        'Clusters.update': [{ maxTenants: 5000 }],
        'MigrationRuns.start': [{}, { check: true }, { waves: [1], concurrency: 2, reason: 'Perhaps one is behind.' }],
        'Products.adjustStock': [{ delta: 1, reason: 'Found one more.' }],
        'Tenants.create': numbered(() => tenantWish()),
        'Tenants.update': [{ name: 'Renamed' }, { plan: 'free' }],
        'Products.update': [{ name: 'Hammer' }],
        'Me.update': [{ firstName: 'Grace' }],
        'Users.create': numbered((number) => userOf(number)),
        'Users.update': [{ firstName: 'Grace' }, { roles: ['viewer'] }],
        'Roles.create': numbered((number) => ({ name: `made-${number}`, permissions: ['users:read'] })),
        'Roles.update': [{ description: 'Changed.' }],
        'Registration.register': numbered((number) => ({ ...userOf(1000 + number), roles: undefined })),
      },
    },
  };
}

const userOf = (index: number) => ({
  email: `user-${index}@fuzz.example`,
  password: 'correct-horse-battery-9',
  firstName: 'Ada',
  lastName: `The ${index}th`,
  roles: ['member'],
});

/** Of the same admin, but not the one that asks. */
async function endableSessions({ admin, slug, email, password }: StackTenant, stack: Stack): Promise<string[]> {
  const ids = async () => (await admin.get<{ data: Session[] }>('/v1/auth/sessions')).body.data.map(({ id }) => id);
  const own = await ids();
  await times(() => login(stack, slug, email, password));
  return (await ids()).filter((id) => !own.includes(id));
}
