import { z } from 'zod';
import { message } from './message.js';
import { id, page, paging, text, timestamp } from './schemas.js';

/** A name of what is ours, in lower case, such as `eu-1`. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, {
    error: 'must be 1 to 63 lower-case letters, digits or hyphens, starting with a letter',
  })
  .meta({ examples: ['eu-1'] });
const labelName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, { error: 'must be a lower-case name' })
  .meta({ examples: ['region'] });
const state = z.enum(['open', 'draining', 'closed']);

const capacity = {
  maxConnections: z.int().min(1).max(100_000),
  reserve: z.int().min(0).max(100_000).meta({ description: 'Connections kept for administrators' }),
  maxTenants: z.int().min(0).max(1_000_000),
};

/** A PostgreSQL server that holds tenants' databases; never with the way in. */
export const Cluster = z
  .strictObject({
    ...{ id, name, host: z.string(), port: z.int() },
    ...capacity,
    state,
    labels: z.record(z.string(), z.string()),
    tenants: z.int().meta({ description: 'How many live there' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Cluster' });
export type Cluster = z.output<typeof Cluster>;

export const RegisterCluster = z
  .strictObject({
    name,
    provisionerUrl: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).meta({
      writeOnly: true,
      examples: ['postgres://provisioner:secret@db.example:5432/postgres'],
      description: 'An account that may create roles and databases; kept sealed',
    }),
    host: text(1, 253).optional().meta({ description: "Where services find it; the URL's unless said" }),
    port: z.int().min(1).max(65_535).optional(),
    ...z.object(capacity).partial().shape,
    labels: z.record(labelName, text(1, 200)).default({}),
  })
  .meta({ id: 'RegisterCluster' });

/** What is on a cluster and belongs to no tenant, wherever it lives: what a defect, or an administrator, has left behind. */
export const Orphans = z
  .strictObject({ data: z.array(z.strictObject({ kind: z.enum(['database', 'role']), name: z.string() })) })
  .meta({ id: 'Orphans' });
export type Orphans = z.output<typeof Orphans>;

export const Clusters = {
  list: message('tenants.clusters.list', {
    request: z.strictObject(paging),
    reply: page(Cluster).meta({ id: 'ClusterPage' }),
    needs: 'clusters:read',
    idempotent: true,
    tenant: null,
  }),
  get: message('tenants.clusters.get', {
    request: z.strictObject({ id }),
    reply: Cluster,
    needs: 'clusters:read',
    idempotent: true,
    tenant: null,
    etag: true,
  }),
  /** Asked of the cluster itself, by its names for tenants' databases and roles: the one place where operators see such. */
  orphans: message('tenants.clusters.orphans', {
    request: z.strictObject({ id }),
    reply: Orphans,
    needs: 'clusters:read',
    idempotent: true,
    tenant: null,
  }),
  /** Makes it ready for tenants, or refuses it. */
  register: message('tenants.clusters.register', {
    request: RegisterCluster,
    reply: Cluster,
    needs: 'clusters:write',
    status: 201,
    tenant: null,
  }),
  /** A merge patch (RFC 7396). */
  update: message('tenants.clusters.update', {
    request: z
      .strictObject({ state, ...capacity, labels: z.record(labelName, text(1, 200).nullable()) })
      .partial()
      .extend({ id }),
    reply: Cluster,
    needs: 'clusters:write',
    tenant: null,
    etag: true,
    ifMatch: true,
  }),
};
