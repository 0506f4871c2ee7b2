import { type Command, InvalidArgumentError } from 'commander';
import type { AuditEvent, InstancePools, Operation, Operator } from '@tenantry/contracts';
import { contextOf, tenantNamed } from '../context.ts';
import { follow } from '../follow.ts';

type Filters = Record<string, string | undefined>;

async function operation(id: string, options: { follow?: boolean }, command: Command): Promise<void> {
  const { api, output } = contextOf(command);
  const path = `/v1/admin/operations/${encodeURIComponent(id)}`;
  const seen = options.follow ? await follow(api, output, id) : await api.get<Operation>(path);
  if (seen) output.one(seen);
}

async function audit({ tenant, ...filters }: Filters, command: Command): Promise<void> {
  const { api, output } = contextOf(command);
  const search = { ...filters, ...(tenant ? { tenant: (await tenantNamed(api, tenant)).id } : {}) };
  const events = await api.all<AuditEvent>('/v1/admin/audit-events', search);
  output.many(events, ['at', 'actorName', 'action', 'outcome', 'tenantId', 'reason']);
}

function wholeDays(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of days.');
  return Number(text);
}

function addOperatorVerbs(program: Command): void {
  const operators = program.command('operators').description('who runs the platform');
  operators.command('list', { isDefault: true }).action(async (_options: object, command: Command) => {
    const { api, output } = contextOf(command);
    const all = await api.all<Operator>('/v1/admin/operators');
    output.many(all, ['name', 'scopes', 'expiresAt', 'revokedAt', 'id']);
  });
  operators
    .command('create <name>')
    .description('makes a key, shown once')
    .requiredOption('--scopes <scope...>')
    .option('--days <days>', 'until it expires', wholeDays)
    .action(async (name: string, { scopes, days }: { scopes: string[]; days?: number }, command: Command) => {
      const { api, output } = contextOf(command);
      const body = { name, scopes, ...(days === undefined ? {} : { expiresInDays: days }) };
      output.one((await api.ask<Operator>('POST', '/v1/admin/operators', { body })).body);
    });
  operators.command('revoke <id>').action(async (id: string, _options: object, command: Command) => {
    await contextOf(command).api.ask('DELETE', `/v1/admin/operators/${encodeURIComponent(id)}`);
  });
}

/** Verbs about the platform itself. */
export function addPlatformVerbs(program: Command): void {
  program
    .command('operation <id>')
    .description('shows a long action')
    .option('--follow', 'to its end')
    .action(operation);
  program
    .command('pools')
    .description('shows what every instance has open now')
    .action(async (_options: object, command: Command) => {
      const { api, output } = contextOf(command);
      const { data } = await api.get<{ data: InstancePools[] }>('/v1/admin/pools');
      const rows = data.flatMap(({ service, instance, leases, clusters }) =>
        clusters.map((cluster) => ({ service, instance, leases, ...cluster })),
      );
      output.many(rows, [
        'service',
        'instance',
        'cluster',
        'budget',
        'held',
        'busy',
        'waiting',
        'tenantsOpen',
        'leases',
      ]);
    });
  program
    .command('audit')
    .description('searches what operators did')
    .option('--tenant <tenant>', 'its slug or id')
    .option('--actor <actor>', 'such as operator:<id>')
    .option('--action <action>', 'such as tenants.suspend')
    .option('--outcome <outcome>', 'succeeded, begun, or the code of a refusal')
    .option('--from <time>', 'such as 2026-01-31T00:00:00.000Z')
    .option('--to <time>')
    .action(audit);
  addOperatorVerbs(program);
}
