import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.js';
import type { Stack } from './stack.js';
import { until } from './waiting.js';

/** A tenant of a stack, and its first admin, logged in. */
export interface StackTenant {
  readonly id: string;
  readonly slug: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  /** Asks as the tenant's admin. */
  readonly admin: Client;
}

interface TenantWish {
  readonly slug?: string;
  readonly name?: string;
  readonly plan?: string;
}

/** A slug nobody has. */
export const newSlug = (): string => `t-${randomBytes(6).toString('hex')}`;

/** The body of POST /v1/admin/tenants. */
export const tenantWish = ({ slug = newSlug(), name = 'Test', plan = 'standard' }: TenantWish = {}) => ({
  ...{ slug, name, plan },
  admin: {
    email: `admin@${slug}.example`,
    password: 'correct-horse-battery-9',
    firstName: 'Ada',
    lastName: 'Lovelace',
  },
});

/** Creates a tenant as the operator does, and logs its admin in. Raises with the answer when either is refused. */
export async function createTenant(stack: Stack, wish: TenantWish = {}): Promise<StackTenant> {
  const body = tenantWish(wish);
  const { slug } = body;
  const created = await stack.operator.with({ prefer: 'wait=4' }).post<{ id: string }>('/v1/admin/tenants', body);
  if (![201, 202].includes(created.status))
    throw new Error(`tenant ${slug} was not created: ${created.status} ${created.text}`);
  // A machine that cannot make it while that is waited for goes on with it.
  const stateOf = async () => (await stack.operator.get(`/v1/admin/tenants/${created.body.id}`)).body['state'];
  if (created.status === 202)
    await until(`tenant ${slug} is active`, 60_000, async () => (await stateOf()) === 'active');
  const { email, password } = body.admin;
  const accessToken = await loginOnceKnown(stack, slug, email, password);
  const admin = stack.http.with({ authorization: `Bearer ${accessToken}` });
  return { id: created.body.id, slug, email, password, accessToken, admin };
}

/** A gateway may hear up to 2 s later that the tenant is active. */
async function loginOnceKnown(stack: Stack, slug: string, email: string, password: string): Promise<string> {
  for (const late = Date.now() + 10_000; ; await sleep(50)) {
    try {
      return await login(stack, slug, email, password);
    } catch (error) {
      if (Date.now() > late || !String(error).includes('/problems/tenant-provisioning')) throw error;
    }
  }
}

/** An access token. Raises with the answer when the login is refused. */
export async function login(stack: Stack, slug: string, email: string, password: string): Promise<string> {
  const http = stack.http.with({ 'x-tenant': slug });
  const { status, text, body } = await http.post<{ accessToken: string }>('/v1/auth/login', { email, password });
  if (status !== 200) throw new Error(`${email} could not log in: ${status} ${text}`);
  return body.accessToken;
}
