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

const required = (value: string | undefined, name: string): string => {
  if (!value) throw new UsageError(`${name} is not set: it names the gateway or an operator's key`);
  return value;
};

export function contextOf(command: Command): Context {
  const { json = false, reason } = command.optsWithGlobals<GlobalOptions>();
  const { TENANTRY_URL, TENANTRY_KEY } = process.env;
  const api = new PlatformApi(required(TENANTRY_URL, 'TENANTRY_URL'), required(TENANTRY_KEY, 'TENANTRY_KEY'), reason);
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
