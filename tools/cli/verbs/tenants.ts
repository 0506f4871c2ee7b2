import type { Command } from 'commander';
import type { Tenant, TenantUsage } from '@tenantry/contracts';
import { contextOf, tenantNamed } from '../context.ts';
import { UsageError } from '../exit.ts';
import { follow, operationIn } from '../follow.ts';

const columns = ['slug', 'state', 'plan', 'cluster', 'schemaVersion', 'name', 'id'];

const createExample = `
Example:
  TENANTRY_ADMIN_PASSWORD=tps-report-cover npm run -s tenants -- create initech --name Initech \\
    --email bill@initech.example --first-name Bill --last-name Lumbergh --plan enterprise`;

interface CreateOptions {
  readonly name: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly plan?: string;
  readonly cluster?: string;
  readonly signUp?: boolean;
}

async function create(slug: string, options: CreateOptions, command: Command): Promise<void> {
  const { api, output } = contextOf(command);
  const { name, email, firstName, lastName, plan, cluster, signUp } = options;
  const password = process.env['TENANTRY_ADMIN_PASSWORD'];
  if (!password) throw new UsageError("TENANTRY_ADMIN_PASSWORD is not set: it is the first admin's password");
  const admin = { email, password, firstName, lastName };
  const wish = {
    slug,
    name,
    admin,
    ...(plan ? { plan } : {}),
    ...(cluster ? { cluster } : {}),
    ...(signUp ? { signUp } : {}),
  };
  const { body, location } = await api.ask<Tenant>('POST', '/v1/admin/tenants', { body: wish });
  const operation = operationIn(location);
  const isOver = operation === undefined || (await follow(api, output, operation)) !== undefined;
  output.one(isOver ? await api.get<Tenant>(`/v1/admin/tenants/${body.id}`) : body);
}

/** Verbs that read or make tenants. */
export function addTenantVerbs(program: Command): void {
  program
    .command('create <slug>')
    .description(
      "makes a tenant; its admin's password is read from TENANTRY_ADMIN_PASSWORD, so that it stands in no list of processes",
    )
    .requiredOption('--name <name>', 'what people call it; required')
    .requiredOption('--email <email>', "the first admin's; required")
    .requiredOption('--first-name <name>', "the first admin's; required")
    .requiredOption('--last-name <name>', "the first admin's; required")
    .option('--plan <plan>', 'such as free or enterprise; standard unless said')
    .option('--cluster <name>', 'where its database shall be; the emptiest open one unless said')
    .option('--sign-up', 'people may register themselves')
    .addHelpText('after', createExample)
    .action(create);
  program
    .command('list')
    .description('lists tenants, newest first')
    .option('--state <state>')
    .option('--cluster <name>')
    .option('--plan <plan>')
    .option('--q <text>', 'a part of the name or the slug')
    .action(async ({ state, cluster, plan, q }: Record<string, string | undefined>, command: Command) => {
      const { api, output } = contextOf(command);
      output.many(await api.all<Tenant>('/v1/admin/tenants', { state, cluster, plan, q }), columns);
    });
  program
    .command('show <tenant>')
    .description('shows a tenant, by slug or id')
    .action(async (name: string, _options: object, command: Command) => {
      const { api, output } = contextOf(command);
      output.one(await tenantNamed(api, name));
    });
  program
    .command('usage <tenant>')
    .description('shows what a tenant uses')
    .action(async (name: string, _options: object, command: Command) => {
      const { api, output } = contextOf(command);
      const { id } = await tenantNamed(api, name);
      output.one(await api.get<TenantUsage>(`/v1/admin/tenants/${id}/usage`));
    });
}
