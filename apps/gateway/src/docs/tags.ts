import type { Route } from './routes.js';

interface Group {
  readonly name: string;
  readonly description: string;
  readonly controllers: readonly string[];
}

/** What belongs together, in the order of a first visit. */
const groups: readonly Group[] = [
  { name: 'Login', description: 'Sessions, and the keys that tokens are checked with.', controllers: ['Auth'] },
  { name: 'Products', description: 'What the tenant sells.', controllers: ['Products'] },
  { name: 'Me', description: 'Who is logged in.', controllers: ['Me'] },
  { name: 'Users', description: 'The people of the tenant.', controllers: ['Users'] },
  { name: 'Roles', description: 'What people may do.', controllers: ['Roles'] },
  { name: 'Sign-up', description: 'For who has no password, or has lost it.', controllers: ['Registration'] },
  { name: 'Audit', description: 'Who did what in the tenant.', controllers: ['AuditEvents'] },
  { name: 'Tenants', description: 'Their births, lives and ends.', controllers: ['Tenants', 'TenantLifecycle'] },
  { name: 'Usage', description: 'What tenants use, and how they are.', controllers: ['Usage'] },
  { name: 'Clusters', description: "The servers of tenants' databases.", controllers: ['Clusters'] },
  {
    name: 'Migrations',
    description: 'Runs that bring the databases of tenants to a version of the schema.',
    controllers: ['MigrationRuns'],
  },
  { name: 'Operators', description: 'Who runs the platform, and with which keys.', controllers: ['Operators'] },
  { name: 'Audit of operators', description: 'What operators did.', controllers: ['Audit'] },
  { name: 'Problems', description: 'What each answer that is no success means.', controllers: ['Problems'] },
  { name: 'Health', description: 'For who watches this gateway.', controllers: ['Health'] },
];

const controllerOf = ({ name }: Route): string => name.split('.', 1)[0] ?? '';
const groupOf = (route: Route): Group | undefined =>
  groups.find(({ controllers }) => controllers.includes(controllerOf(route)));

/** The group of an operation; its controller's own where nothing else is said of it. */
export const tagOf = (route: Route): string => groupOf(route)?.name ?? controllerOf(route);

/** The groups of these routes. */
export function tagsOf(routes: readonly Route[]): { name: string; description?: string }[] {
  const found = new Set(routes.map(tagOf));
  const known = groups.filter(({ name }) => found.delete(name));
  return [...known.map(({ name, description }) => ({ name, description })), ...[...found].map((name) => ({ name }))];
}
