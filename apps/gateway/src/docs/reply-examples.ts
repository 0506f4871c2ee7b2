export const slugOfExamples = 'acme';
/** Of whatever has one. */
export const idOfExamples = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
/** Of who does it. */
const actorId = '0192f0c1-2b3c-7d4e-8f50-6172839405a7';
const tenantId = '0192f0c1-2b3c-7d4e-8f50-6172839405a8';
const requestId = '7b1e4a52-6a0e-4d0c-9d1f-2f6f0c1b7a3e';
const address = '192.0.2.17';

const createdAt = '2026-11-23T09:30:00.000Z';
const updatedAt = '2026-11-23T09:42:17.125Z';
const later = '2026-12-23T09:30:00.000Z';

const limits = { requestsPerMinute: 6000, maxConnections: 10, maxDatabaseBytes: 10_737_418_240, maxUsers: 1000 };
const operator = {
  id: idOfExamples,
  name: 'Night watch',
  scopes: ['tenants:read', 'audit:read'],
  expiresAt: later,
  revokedAt: null,
  createdAt,
};

/** What is answered, by the name of its schema. */
export const replyExamples: Readonly<Record<string, object>> = {
  Login: {
    accessToken: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.<claims>.<signature>',
    tokenType: 'Bearer',
    expiresIn: 600,
    refreshToken: 'the-refresh-token-for-the-next-time',
    refreshExpiresIn: 604_800,
  },
  Session: {
    id: idOfExamples,
    device: 'Mozilla/5.0',
    address,
    createdAt,
    lastUsedAt: updatedAt,
    expiresAt: later,
    current: true,
  },
  KeySet: {
    keys: [
      {
        ...{ kty: 'EC', crv: 'P-256', kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', use: 'sig', alg: 'ES256' },
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
      },
    ],
  },
  Product: {
    id: idOfExamples,
    name: 'Anvil',
    description: 'Falls well.',
    price: '12.50',
    stockQuantity: 10,
    active: true,
    managedBy: null,
    createdAt,
    updatedAt,
  },
  User: {
    id: idOfExamples,
    email: 'grace@acme.example',
    firstName: 'Grace',
    lastName: 'Hopper',
    active: true,
    roles: ['member'],
    createdAt,
    updatedAt,
  },
  Role: {
    id: idOfExamples,
    name: 'stock-keeper',
    description: 'Counts what is there.',
    permissions: ['products:read', 'products:write'],
    builtIn: false,
  },
  MyTenant: { id: idOfExamples, slug: slugOfExamples, name: 'Acme', plan: 'standard', limits },
  TenantAuditEvent: {
    id: idOfExamples,
    time: createdAt,
    action: 'users.created',
    actor: `user:${actorId}`,
    actorId,
    targetId: idOfExamples,
    details: { roles: ['member'] },
    address,
    agent: 'Mozilla/5.0',
    requestId,
  },
  Tenant: {
    id: idOfExamples,
    slug: slugOfExamples,
    name: 'Acme',
    state: 'active',
    stateReason: null,
    plan: 'standard',
    cluster: 'eu-1',
    schemaVersion: 9,
    limits,
    poolOptions: {},
    signUp: false,
    createdAt,
    updatedAt,
  },
  Operation: {
    id: idOfExamples,
    kind: 'create-tenant',
    tenantId,
    state: 'running',
    dueAt: createdAt,
    steps: [
      { name: 'database', state: 'succeeded', startedAt: createdAt, endedAt: createdAt },
      { name: 'first-admin', state: 'running', startedAt: createdAt, endedAt: null },
      { name: 'activate', state: 'pending', startedAt: null, endedAt: null },
    ],
  },
  AuditEvent: {
    id: idOfExamples,
    at: createdAt,
    actor: `operator:${actorId}`,
    actorName: 'Night watch',
    action: 'tenants.suspend',
    tenantId,
    target: null,
    reason: 'The bill of October is not paid.',
    requestId,
    address,
    outcome: 'succeeded',
  },
  Cluster: {
    id: idOfExamples,
    name: 'eu-1',
    host: 'db.example',
    port: 5432,
    maxConnections: 600,
    reserve: 50,
    maxTenants: 2000,
    state: 'open',
    labels: { region: 'eu' },
    tenants: 731,
    createdAt,
    updatedAt,
  },
  Orphans: { data: [{ kind: 'database', name: 'tenant_0192f0c12b3c7d4e8f506172839405a9' }] },
  Operator: operator,
  OperatorWithKey: { ...operator, key: 'tok_...' },
  TenantUsage: {
    tenantId,
    databaseBytes: 8_790_016,
    connections: 2,
    transactions: 51_730,
    rollbacks: 12,
    deadlocks: 0,
    requests: { today: 1204, last30Days: 38_650 },
    since: null,
    limits,
  },
  TenantHealth: { tenantId, reachable: true, latencyMs: 4.2, problem: null, checkedAt: updatedAt },
  InstancePools: {
    service: 'products',
    instance: 'products-5d7c9b6f4-x2x8k',
    at: updatedAt,
    budget: 30,
    leases: 3,
    tenantsKnown: 731,
    clusters: [
      {
        cluster: 'db.example:5432',
        ...{ budget: 30, held: 12, busy: 3, idle: 9, opening: 0, closing: 0, waiting: 0, longestWaitMs: 0 },
        ...{ connectMs: 5.1, borrowed: 51_730, waited: 41, waitedMs: 390, connects: 812, connectFailures: 0 },
        ...{ takeOvers: 640, refused: 0, clusterOpenMs: 0, tenantsOpen: 0 },
      },
    ],
    topTenants: [{ tenantId, open: 2, busy: 1, waiting: 0, usedMs: 8730 }],
  },
  ProblemPage: {
    type: '/problems/insufficient-stock',
    code: 'insufficient-stock',
    status: 409,
    title: 'Insufficient stock',
    explanation: 'There is less in stock than was to be taken. Nothing was taken.',
  },
};
