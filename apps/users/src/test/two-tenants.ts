import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { type Bus, startBus } from './bus.js';

/** Two tenants of one service: what is done in one must not be seen in the other. */
export interface TwoTenants {
  readonly acme: TenantDatabase;
  readonly globex: TenantDatabase;
  readonly bus: Bus;
  close(): Promise<void>;
}

export async function startTwoTenants(): Promise<TwoTenants> {
  const [acme, globex] = await Promise.all([createTenantDatabase(), createTenantDatabase()]);
  const bus = await startBus([acme, globex]);
  const close = async (): Promise<void> => {
    await bus.close();
    await Promise.all([acme.drop(), globex.drop()]);
  };
  return { acme, globex, bus, close };
}
