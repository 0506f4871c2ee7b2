import type { Command } from 'commander';
import type { Tenant } from '@tenantry/contracts';
import { ApiError } from '../api.ts';
import { contextOf, type Context, tenantNamed } from '../context.ts';
import { SomeFailed, UsageError } from '../exit.ts';
import { follow, operationIn } from '../follow.ts';

const reasonOf = ({ reason }: Context): string => {
  if (!reason) throw new UsageError('--reason is missing: the audit keeps it');
  return reason;
};

/**
 * Does it for each; what fails does not stop the others.
 * @param work answers `left` where somebody gave up watching it: nothing more is begun then.
 */
async function forEach(names: readonly string[], work: (name: string) => Promise<'done' | 'left'>): Promise<void> {
  const failures: unknown[] = [];
  for (const [at, name] of names.entries()) {
    const end = await work(name).catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      if (names.length > 1) process.stderr.write(`${name}: ${error.message}\n`);
      failures.push(error);
    });
    if (end !== 'left') continue;
    const others = names.slice(at + 1);
    if (others.length > 0) throw new SomeFailed(`not begun: ${others.join(', ')}`);
  }
  if (failures.length === 0) return;
  if (failures.length === names.length) throw failures[0];
  throw new SomeFailed(`${failures.length} of ${names.length} failed`);
}

const move = (verb: string) => async (names: string[], _options: object, command: Command) => {
  const context = contextOf(command);
  const { api, output } = context;
  const reason = reasonOf(context);
  await forEach(names, async (name) => {
    const { id } = await tenantNamed(api, name);
    output.one((await api.ask<Tenant>('POST', `/v1/admin/tenants/${id}/${verb}`, { body: { reason } })).body);
    return 'done';
  });
};

async function remove(name: string, { confirm }: { confirm: string }, command: Command): Promise<void> {
  const context = contextOf(command);
  const { api, output } = context;
  const reason = reasonOf(context);
  const { id } = await tenantNamed(api, name);
  const { location } = await api.ask('DELETE', `/v1/admin/tenants/${id}`, { body: { confirmSlug: confirm, reason } });
  const operation = operationIn(location);
  if (operation) await follow(api, output, operation);
  output.one(await api.get<Tenant>(`/v1/admin/tenants/${id}`));
}

async function rotate(names: string[], _options: object, command: Command): Promise<void> {
  const { api, output, reason } = contextOf(command);
  const sent = reason ? { body: { reason } } : {};
  await forEach(names, async (name) => {
    const { id } = await tenantNamed(api, name);
    const { location } = await api.ask('POST', `/v1/admin/tenants/${id}/rotate-credentials`, sent);
    const operation = operationIn(location);
    if (operation && !(await follow(api, output, operation))) return 'left';
    return 'done';
  });
}

/** Verbs that change the life of tenants. */
export function addLifecycleVerbs(program: Command): void {
  program.command('suspend <tenant...>').description('serves them no more, for a --reason').action(move('suspend'));
  program.command('resume <tenant...>').description('serves them again, for a --reason').action(move('resume'));
  program
    .command('maintenance <tenant...>')
    .description('closes them for a while, for a --reason')
    .action(move('maintenance'));
  program
    .command('delete <tenant>')
    .description('archives it, for a --reason; it is purged after its grace period')
    .requiredOption('--confirm <slug>', 'its slug once more')
    .action(remove);
  program.command('rotate <tenant...>').description('gives their databases new passwords').action(rotate);
}
