import { z } from 'zod';
import { message } from './message.js';
import { InstancePools } from './pools.contract.js';
import { id, nothing, timestamp } from './schemas.js';
import { TenantLimits } from './tenant-limits.js';

const count = z.int().min(0);

/** What a tenant uses, as its database's own statistics say. */
export const TenantUsage = z
  .strictObject({
    tenantId: id,
    databaseBytes: count,
    connections: count.meta({ description: 'Open at this moment, of all instances' }),
    transactions: count,
    rollbacks: count,
    deadlocks: count,
    requests: z.strictObject({ today: count, last30Days: count }).meta({
      description: 'With a token of its own, refused ones included; days are of UTC. Up to date within some seconds',
    }),
    since: timestamp.nullable().meta({ description: 'What is counted is counted from here; null: from the beginning' }),
    limits: TenantLimits,
  })
  .meta({ id: 'TenantUsage' });
export type TenantUsage = z.output<typeof TenantUsage>;

/** What a probe of a tenant's database found, made when it was asked for. */
export const TenantHealth = z
  .strictObject({
    tenantId: id,
    reachable: z.boolean(),
    latencyMs: z.number().nullable().meta({ description: 'Of connecting and asking once' }),
    problem: z.enum(['unreachable', 'refused', 'slow', 'wrong-database', 'unreadable']).nullable().meta({
      description: '`unreadable`: its sealed password does not open, which is an alarm',
    }),
    checkedAt: timestamp,
  })
  .meta({ id: 'TenantHealth' });
export type TenantHealth = z.output<typeof TenantHealth>;

export const Usage = {
  usage: message('tenants.usage', {
    request: z.strictObject({ id }),
    reply: TenantUsage,
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
  }),
  /** A gateway's word how many requests of tenants came to it since it last said so. */
  count: message('tenants.requests.count', {
    request: z.strictObject({
      counts: z
        .array(z.strictObject({ tenantId: id, requests: z.int().min(1) }))
        .min(1)
        .max(1000),
    }),
    reply: nothing,
    needs: 'system:gateway',
    status: 204,
    tenant: null,
  }),
  health: message('tenants.health', {
    request: z.strictObject({ id }),
    reply: TenantHealth,
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
  }),
  /** What every instance has open at this moment; one that does not answer within a second is missing. */
  pools: message('tenants.pools.list', {
    request: z.strictObject({}),
    reply: z.strictObject({ data: z.array(InstancePools) }).meta({ id: 'Pools' }),
    needs: 'clusters:read',
    idempotent: true,
    tenant: null,
  }),
};
