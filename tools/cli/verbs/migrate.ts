import { type Command, Option } from 'commander';
import type { MigrationRun } from '@tenantry/contracts';
import { ApiError, type PlatformApi } from '../api.ts';
import { contextOf } from '../context.ts';
import { drifted, failures, followRun, runsPath, showTenants, verbOf } from '../follow-run.ts';
import { positiveNumber, positiveNumbers, wholeNumber } from '../whole-number.ts';

const columns = ['id', 'state', 'target', 'check', 'tenants', 'drifted', 'createdAt', 'endedAt', 'reason'];

const examples = `
Examples:
  npm run -s tenants -- migrate --check
  npm run -s tenants -- migrate --canary 5 --concurrency 8 --reason 'an index for prices'
  npm run -s tenants -- migrate follow

Ctrl-C ends the watching, never the run. Exit code 3: some tenants failed, or the run is paused.`;

interface Wish {
  readonly check?: true;
  readonly canary?: number;
  readonly waves?: number[];
  readonly target?: number;
  readonly concurrency?: number;
  readonly maxFailures?: number;
  readonly cluster?: string;
  readonly plan?: string;
  readonly slug?: readonly string[];
  readonly detach?: true;
}

const oneMore = (slug: string, before: readonly string[] = []): string[] => [...before, slug];

async function start(wish: Wish, command: Command): Promise<void> {
  const context = contextOf(command);
  const { api, output, reason } = context;
  const { check, canary, waves, target, concurrency, maxFailures, cluster, plan, slug, detach } = wish;
  // What was not said is no member of JSON.
  const body = {
    ...{ target, check, concurrency, maxFailures, reason },
    selector: { slugs: slug, cluster, plan },
    waves: waves ?? (canary === undefined ? undefined : [canary]),
  };
  const { body: run } = await api.ask<MigrationRun>('POST', runsPath, { body });
  if (!detach) return followRun(context, run.id);
  output.one(run);
  output.progress(`To watch it: ${verbOf('follow', run.id)}`);
}

/** The id that was said, or the newest run's: of those only it can be one that has not ended. */
async function idOf(api: PlatformApi, said: string | undefined): Promise<string> {
  if (said !== undefined) return said;
  const { data } = await api.get<{ data: MigrationRun[] }>(`${runsPath}?limit=1`);
  if (!data[0]) throw new ApiError('There has been no run of migrations yet.', 404);
  return data[0].id;
}

const change = (verb: string) => async (said: string | undefined, _options: object, command: Command) => {
  const { api, output, reason } = contextOf(command);
  const id = await idOf(api, said);
  const sent = reason ? { body: { reason } } : {};
  const { body: run } = await api.ask<MigrationRun>('POST', `${runsPath}/${encodeURIComponent(id)}/${verb}`, sent);
  output.one(run);
  if (run.state === 'running') output.progress(`To watch it: ${verbOf('follow', run.id)}`);
};

function addLooks(migrate: Command): void {
  migrate
    .command('list')
    .description('lists runs, newest first')
    .action(async (_options: object, command: Command) => {
      const { api, output } = contextOf(command);
      output.many(await api.all<MigrationRun>(runsPath), columns);
    });
  migrate
    .command('status [run]')
    .description('shows how far a run is; the newest unless said')
    .action(async (said: string | undefined, _options: object, command: Command) => {
      const { api, output } = contextOf(command);
      const id = await idOf(api, said);
      output.one(await api.get<MigrationRun>(`${runsPath}/${encodeURIComponent(id)}`));
    });
  migrate
    .command('follow [run]')
    .description('watches a run to its end; the newest unless said')
    .action(async (said: string | undefined, _options: object, command: Command) => {
      const context = contextOf(command);
      await followRun(context, await idOf(context.api, said));
    });
  const show =
    (which: Parameters<typeof showTenants>[2]) =>
    async (said: string | undefined, _options: object, command: Command) => {
      const context = contextOf(command);
      await showTenants(context, await idOf(context.api, said), which);
    };
  migrate
    .command('failures [run]')
    .description('lists the tenants that failed, with what went wrong; of the newest run unless said')
    .action(show(failures));
  migrate
    .command('drift [run]')
    .description(
      'lists the tenants whose tables are not those of their version, with how they differ; of the newest run unless said',
    )
    .action(show(drifted));
}

/** Verbs that bring the databases of all tenants to a version of the schema. */
export function addMigrateVerbs(program: Command): void {
  const migrate = program
    .command('migrate')
    .description("brings tenants' databases to the newest version of the schema, and shows how far it is")
    .addOption(
      new Option('--check', 'changes nothing: lists the databases that are not as they should be').conflicts([
        ...['canary', 'waves', 'maxFailures'],
      ]),
    )
    .addOption(
      new Option('--canary <count>', 'so many first; should one fail, no other is begun')
        .argParser(positiveNumber)
        .conflicts('waves'),
    )
    .option(
      '--waves <counts>',
      'so many first, so many next, and so on, such as 5,50; then all others',
      positiveNumbers,
    )
    .option('--target <version>', 'the newest unless said', positiveNumber)
    .option('--concurrency <count>', 'databases at once; 4 unless said', positiveNumber)
    .option('--max-failures <count>', 'so many may fail before it pauses; 10 unless said', wholeNumber)
    .option('--cluster <name>', 'those that live there alone')
    .option('--plan <plan>', 'those of this plan alone')
    .option('--slug <slug>', 'this one alone, whatever version the registry takes it for; once for each', oneMore)
    .option('--detach', 'begins it, and does not watch')
    .addHelpText('after', examples)
    .action(start);
  addLooks(migrate);
  const changes = {
    pause: 'begins no further tenant until it is resumed',
    resume: 'goes on with one that is paused, whatever has failed',
    cancel: 'ends one; what is done stays done',
    'retry-failed': 'begins those that have failed once more',
  };
  for (const [verb, description] of Object.entries(changes))
    migrate.command(`${verb} [run]`).description(`${description}; the newest run unless said`).action(change(verb));
}
