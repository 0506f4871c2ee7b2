import { z } from 'zod';
import { event } from './event.js';
import { message } from './message.js';
import { notice } from './notice.js';
import { id, name, page, paging, text, timestamp } from './schemas.js';
import { LimitsPatch, PoolOptions, PoolOptionsPatch, TenantLimits } from './tenant-limits.js';
import { TenantState } from './tenant-state.js';
import { FirstAdmin } from './users.contract.js';

/** A DNS label (RFC 1035): the tenant's subdomain. */
export const slugForm = /^[a-z](?:[a-z0-9-]{1,61}[a-z0-9])$/;
const slugRule = 'must be 3 to 63 lower-case letters, digits or inner hyphens, starting with a letter';
export const slug = z
  .string()
  .regex(slugForm, { error: slugRule })
  .meta({ examples: ['acme'] });

/** Subdomains that somebody would take for the platform's own; `localhost` is nobody's (RFC 6761). */
const reserved = [
  ...[
    'account',
    'accounts',
    'admin',
    'administrator',
    'api',
    'app',
    'assets',
    'auth',
    'billing',
    'blog',
    'cdn',
    'dashboard',
  ],
  ...[
    'docs',
    'email',
    'ftp',
    'help',
    'imap',
    'localhost',
    'login',
    'logout',
    'mail',
    'metrics',
    'oauth',
    'operator',
    'pop',
  ],
  ...['postgres', 'postmaster', 'public', 'registry', 'root', 'security', 'signup', 'smtp', 'sso', 'static', 'status'],
  ...['support', 'system', 'tenantry', 'webmaster', 'webmail', 'www'],
];
/** Nor one with hyphens in the third and fourth place: that is how labels of other scripts are written (RFC 5891, 4.2.3.1). */
const newSlug = z
  .string()
  .regex(new RegExp(`^(?!(?:${reserved.join('|')})$)(?!..--)${slugForm.source.slice(1)}`), {
    error: `${slugRule}, and no reserved name`,
  })
  .meta({ examples: ['acme'] });

/** A tenant as operators see it: never with a secret or a physical name. */
export const Tenant = z
  .strictObject({
    id,
    slug: z.string(),
    name: z.string(),
    state: TenantState,
    stateReason: z.string().nullable(),
    plan: z.string(),
    cluster: z.string(),
    schemaVersion: z.int(),
    limits: TenantLimits,
    poolOptions: PoolOptions,
    signUp: z.boolean().meta({ description: 'Whether people may register themselves' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Tenant' });
export type Tenant = z.output<typeof Tenant>;

export const CreateTenant = z
  .strictObject({
    slug: newSlug,
    name: name(1, 200),
    plan: text(1, 50).default('standard'),
    /** Where its database shall be; the emptiest open cluster unless said. */
    cluster: text(1, 63).optional(),
    poolOptions: PoolOptions.default({}),
    signUp: z.boolean().default(false),
    admin: FirstAdmin,
  })
  .meta({ id: 'CreateTenant' });

/** A merge patch (RFC 7396): what is left out stays. */
export const UpdateTenant = z
  .strictObject({
    name: name(1, 200),
    plan: text(1, 50),
    limits: LimitsPatch.nullable(),
    poolOptions: PoolOptionsPatch.nullable(),
    signUp: z.boolean(),
  })
  .partial()
  .meta({ id: 'UpdateTenant' });

/** A long action: its steps in order, each with what became of it. */
export const Operation = z
  .strictObject({
    id,
    kind: z.string(),
    tenantId: id.nullable(),
    /** `scheduled` until its time has come. */
    state: z.enum(['scheduled', 'running', 'succeeded', 'failed']),
    dueAt: timestamp,
    steps: z.array(
      z.strictObject({
        name: z.string(),
        /** `skipped` is what a failure before it has left undone. */
        state: z.enum(['pending', 'running', 'succeeded', 'failed', 'skipped']),
        startedAt: timestamp.nullable(),
        endedAt: timestamp.nullable(),
        error: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Operation' });
export type Operation = z.output<typeof Operation>;

/** What the edge must know of a tenant to let a request through. */
export const TenantEntry = z.strictObject({
  id,
  slug: z.string(),
  state: TenantState,
  generation: z.int(),
  limits: TenantLimits,
  /** Whether people may register themselves. */
  signUp: z.boolean(),
  /** It has grown to the size that its limits give: nothing is added to it. */
  databaseFull: z.boolean(),
});
export type TenantEntry = z.output<typeof TenantEntry>;

/**
 * Where a tenant lives and how to get in. `password` is sealed (see `openSecret` of the service kit); `generation` grows with every
 * change, so that an older answer can be told from a newer one.
 */
export const TenantPlace = TenantEntry.omit({ databaseFull: true }).extend({
  name: z.string(),
  plan: z.string(),
  host: z.string(),
  port: z.int(),
  database: z.string(),
  role: z.string(),
  password: z.string(),
  schemaVersion: z.int(),
});
export type TenantPlace = z.output<typeof TenantPlace>;

/** Said to every instance when a tenant has changed. */
export const TenantNotice = z.strictObject({ tenantId: id, slug: z.string(), state: TenantState, generation: z.int() });
export type TenantNotice = z.output<typeof TenantNotice>;
export const tenantNotice = notice('state.tenants', 'tenant-registry', TenantNotice);

export const Tenants = {
  /** Starts the provisioning. The reply comes at once, or when it is done within `waitSeconds` (then with the tenant). */
  create: message('tenants.create', {
    request: CreateTenant.extend({ waitSeconds: z.number().min(0).max(4).default(0) }),
    reply: z.strictObject({ operationId: id, tenant: Tenant }),
    needs: 'tenants:write',
    status: 202,
    tenant: null,
  }),
  list: message('tenants.list', {
    request: z.strictObject({
      ...paging,
      slug: slug.optional().meta({ description: 'Exactly; never out of date, as lists may be by some seconds' }),
      state: TenantState.optional(),
      cluster: text(1, 63).optional(),
      plan: text(1, 50).optional(),
      q: text(1, 200).optional().meta({ description: 'A part of the name or the slug' }),
    }),
    reply: page(Tenant).meta({ id: 'TenantPage' }),
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
  }),
  get: message('tenants.get', {
    request: z.strictObject({ id }),
    reply: Tenant,
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
    etag: true,
  }),
  update: message('tenants.update', {
    request: UpdateTenant.extend({ id }),
    reply: Tenant,
    needs: 'tenants:write',
    tenant: null,
    etag: true,
    ifMatch: true,
  }),
  getOperation: message('tenants.operations.get', {
    request: z.strictObject({ id }),
    reply: Operation,
    needs: 'tenants:read',
    idempotent: true,
    tenant: null,
  }),
  /** The gateway's question: who is this slug or id? */
  find: message('tenants.find', {
    request: z.union([z.strictObject({ slug: text(1, 63) }), z.strictObject({ id })]),
    reply: TenantEntry,
    needs: 'service',
    idempotent: true,
    tenant: null,
  }),
  /** The services' question: where does this tenant live? */
  locate: message('tenants.locate', {
    request: z.strictObject({ id }),
    reply: TenantPlace,
    needs: 'service',
    idempotent: true,
    tenant: null,
  }),
};

export const TenantEvents = {
  /** Its database is there, its first admin can log in. */
  activated: event('tenants.activated', {
    data: z.strictObject({ id, slug: z.string(), name: z.string(), plan: z.string() }),
    version: 1,
  }),
  /** It is in another state of its life; `from` is the one before. */
  stateChanged: event('tenants.state-changed', {
    data: z.strictObject({ id, slug: z.string(), from: TenantState, to: TenantState, reason: z.string().nullable() }),
    version: 1,
  }),
};
