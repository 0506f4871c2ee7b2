import { z } from 'zod';
import { timestamp } from './schemas.js';
import { survey } from './survey.js';

const count = z.int().min(0);
const ms = z.number().min(0);

/** The connections of one instance to one database cluster. What is counted is counted from the start of the instance. */
export const ClusterPools = z.strictObject({
  /** `host:port` */
  cluster: z.string(),
  budget: count,
  held: count,
  busy: count,
  idle: count,
  opening: count,
  closing: count,
  waiting: count,
  longestWaitMs: ms,
  /** A connect takes so long, lately. */
  connectMs: ms,
  borrowed: count,
  waited: count,
  waitedMs: ms,
  connects: count,
  connectFailures: count,
  takeOvers: count,
  refused: count,
  /** How long the cluster's breaker stays open; 0 when closed. */
  clusterOpenMs: ms,
  /** Breakers of single tenants that are open. */
  tenantsOpen: count,
});

/** What one instance has open at this moment. */
export const InstancePools = z
  .strictObject({
    service: z.string(),
    instance: z.string(),
    at: timestamp.optional().meta({ description: 'What its clock said when it answered' }),
    /** Connections it may have to each cluster. */
    budget: count,
    leases: count,
    tenantsKnown: count,
    clusters: z.array(ClusterPools),
    /** The tenants that used connections longest, the longest first; at most ten. */
    topTenants: z.array(
      z.strictObject({ tenantId: z.string(), open: count, busy: count, waiting: count, usedMs: count }),
    ),
  })
  .meta({ id: 'InstancePools' });
export type InstancePools = z.output<typeof InstancePools>;

export const Surveys = {
  /** Asked of every service that opens tenants' databases. */
  pools: survey('instances.pools', InstancePools),
};
