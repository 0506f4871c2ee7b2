import type { Command } from 'commander';
import type { Tenant } from '@tenantry/contracts';
import { ApiError, PlatformApi } from './api.ts';
import { UsageError } from './exit.ts';
import { Output } from './output.ts';

interface GlobalOptions {
  readonly json?: boolean;
  readonly reason?: string;
}

/** What every verb works with. */
export interface Context {
  readonly api: PlatformApi;
  readonly output: Output;
  readonly reason: string | undefined;
}

const required = (variable: string, what: string): string => {
  const value = process.env[variable];
  if (!value)
    throw new UsageError(`${variable} is not set (${what}), and no local stack runs in this folder: npm start`);
  return value;
};

export function contextOf(command: Command): Context {
  const { json = false, reason } = command.optsWithGlobals<GlobalOptions>();
  const url = required('TENANTRY_URL', "the gateway's address");
  if (!URL.canParse(url)) throw new UsageError(`TENANTRY_URL is no address: '${url}'`);
  const api = new PlatformApi(url, required('TENANTRY_KEY', "an operator's key"), reason);
  return { api, output: new Output(json), reason };
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A tenant by its id or its slug. */
export async function tenantNamed(api: PlatformApi, name: string): Promise<Tenant> {
  if (idForm.test(name)) return api.get<Tenant>(`/v1/admin/tenants/${name}`);
  for await (const tenant of api.list<Tenant>('/v1/admin/tenants', { slug: name })) {
    if (!['failed', 'purged'].includes(tenant.state)) return tenant;
  }
  throw new ApiError(`There is no tenant '${name}'.`, 404);
}
