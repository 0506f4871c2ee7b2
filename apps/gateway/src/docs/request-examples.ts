import { slugOfExamples } from './reply-examples.js';

const password = 'correct-horse-battery-9';
const becauseOf = (reason: string): object => ({ reason });

/**
 * Bodies to send, by operation: what no schema can know. Each is taken as it stands here (`apps/e2e`) where there is what it is about: the
 * demo's people in a stack of `npm start`, built-in roles and plans; the login is the demo's own (tools/stack/demo.ts).
 */
export const requestExamples: Readonly<Record<string, object>> = {
  'Auth.login': { email: `admin@${slugOfExamples}.example`, password: 'tenantry-demo-password' },
  'Auth.refresh': { refreshToken: 'the-refresh-token-of-the-answer-before' },
  'Products.create': { name: 'Anvil', description: 'Falls well.', price: '12.50', stockQuantity: 10 },
  'Products.update': { description: 'Falls better.', price: '14.00' },
  'Products.adjustStock': { delta: 5, reason: "Monday's delivery." },
  'Me.update': { firstName: 'Ada', lastName: 'Lovelace' },
  'Me.changePassword': { currentPassword: 'tenantry-demo-password', newPassword: password },
  'Users.create': { email: 'grace@acme.example', password, firstName: 'Grace', lastName: 'Hopper', roles: ['member'] },
  'Users.update': { lastName: 'Murray Hopper', roles: ['manager'] },
  'Roles.create': {
    name: 'stock-keeper',
    description: 'Counts what is there.',
    permissions: ['products:read', 'products:write'],
  },
  'Roles.update': { description: 'Reads what is there.', permissions: ['products:read'] },
  'Registration.register': { email: 'mary@acme.example', password, firstName: 'Mary', lastName: 'Jackson' },
  'Registration.verifyEmail': { token: 'the-token-of-the-mail' },
  'Registration.forgotPassword': { email: 'ada@acme.example' },
  'Registration.resetPassword': { token: 'the-token-of-the-mail', password },
  'Tenants.create': {
    slug: 'wonka',
    name: 'Wonka Industries',
    plan: 'standard',
    admin: { email: 'charlie@wonka.example', password, firstName: 'Charlie', lastName: 'Bucket' },
  },
  'Tenants.update': { name: 'Acme Corporation', plan: 'enterprise', limits: { maxUsers: 5000 } },
  'TenantLifecycle.suspend': becauseOf('The bill of October is not paid.'),
  'TenantLifecycle.resume': becauseOf('The bill is paid.'),
  'TenantLifecycle.maintain': becauseOf('Its data is being cleared up.'),
  'TenantLifecycle.remove': { confirmSlug: slugOfExamples, reason: 'The contract has ended.' },
  'TenantLifecycle.retry': becauseOf('The disk has room again.'),
  'TenantLifecycle.rotateCredentials': becauseOf('Once a quarter.'),
  'TenantLifecycle.rewrapSecrets': becauseOf('There is a new master key.'),
  'Operators.create': { name: 'Night watch', scopes: ['tenants:read', 'audit:read'], expiresInDays: 90 },
  'Clusters.register': {
    name: 'eu-1',
    provisionerUrl: 'postgres://provisioner:secret@db.example:5432/postgres',
    reserve: 50,
    maxTenants: 2000,
    labels: { region: 'eu' },
  },
  'MigrationRuns.start': { waves: [5, 50], concurrency: 8, reason: 'The products have a new index.' },
  'MigrationRuns.pause': becauseOf('The hour of the most requests has begun.'),
  'MigrationRuns.resume': becauseOf('The hour of the most requests is over.'),
  'MigrationRuns.cancel': becauseOf('The next version has a better index.'),
  'MigrationRuns.retryFailed': becauseOf('The long transaction has ended.'),
  'Clusters.update': { maxTenants: 5000, labels: { region: 'eu' } },
};
