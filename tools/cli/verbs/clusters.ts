import { type Command, InvalidArgumentError } from 'commander';
import type { Cluster } from '@tenantry/contracts';
import { ApiError, type PlatformApi } from '../api.ts';
import { contextOf } from '../context.ts';
import { UsageError } from '../exit.ts';
import { wholeNumber } from '../whole-number.ts';

const path = '/v1/admin/clusters';
const columns = ['name', 'state', 'host', 'port', 'tenants', 'maxTenants', 'maxConnections', 'reserve', 'labels', 'id'];

type Labels = Readonly<Record<string, string | null>>;

interface Capacity {
  readonly maxConnections?: number;
  readonly reserve?: number;
  readonly maxTenants?: number;
  readonly label?: Labels;
}

interface Registration extends Capacity {
  readonly host?: string;
  readonly port?: number;
}

/** `region=eu`; `region=` takes it away. */
function oneMore(text: string, before: Labels = {}): Labels {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It must be <name>=<value>.');
  return { ...before, [name]: value || null };
}

/** What was said, as the API calls it. */
const bodyOf = ({ label, ...rest }: Registration): object => ({ ...rest, ...(label ? { labels: label } : {}) });

const withCapacity = (command: Command): Command =>
  command
    .option('--max-connections <count>', 'what its server allows', wholeNumber)
    .option('--reserve <count>', 'connections kept for administrators', wholeNumber)
    .option('--max-tenants <count>', 'how many may live there', wholeNumber)
    .option('--label <name=value>', 'such as region=eu; once for each', oneMore);

async function list(_options: object, command: Command): Promise<void> {
  const { api, output } = contextOf(command);
  output.many(await api.all<Cluster>(path), columns);
}

async function register(name: string, options: Registration, command: Command): Promise<void> {
  const { api, output } = contextOf(command);
  const provisionerUrl = process.env['TENANTRY_PROVISIONER_URL'];
  if (!provisionerUrl)
    throw new UsageError('TENANTRY_PROVISIONER_URL is not set: postgres://<account that provisions>:<password>@...');
  output.one((await api.ask<Cluster>('POST', path, { body: { name, provisionerUrl, ...bodyOf(options) } })).body);
}

async function clusterNamed(api: PlatformApi, name: string): Promise<Cluster> {
  for await (const cluster of api.list<Cluster>(path)) if (cluster.name === name || cluster.id === name) return cluster;
  throw new ApiError(`There is no cluster '${name}'.`, 404);
}

/** Changes it as it stands now: where somebody else has changed it meanwhile, that is said, and nothing is done. */
async function patch(name: string, change: object, command: Command): Promise<void> {
  const { api, output } = contextOf(command);
  const { id } = await clusterNamed(api, name);
  const { etag } = await api.ask<Cluster>('GET', `${path}/${id}`);
  const headers = { 'if-match': etag ?? '*' };
  output.one((await api.ask<Cluster>('PATCH', `${path}/${id}`, { body: change, headers })).body);
}

async function update(name: string, options: Capacity, command: Command): Promise<void> {
  const change = bodyOf(options);
  if (Object.keys(change).length === 0) throw new UsageError('nothing is to be changed: --help has what can be');
  await patch(name, change, command);
}

const moveTo = (state: Cluster['state']) => (name: string, _options: object, command: Command) =>
  patch(name, { state }, command);

/** Verbs about the PostgreSQL servers that hold tenants' databases. */
export function addClusterVerbs(program: Command): void {
  const clusters = program.command('clusters').description('where the databases of tenants are');
  clusters.command('list', { isDefault: true }).description('lists clusters').action(list);
  withCapacity(
    clusters
      .command('register <name>')
      .description(
        'makes a server ready for tenants; the account that provisions is read from TENANTRY_PROVISIONER_URL, so that its password stands in no list of processes',
      )
      .option('--host <host>', "where services find it; the URL's unless said")
      .option('--port <port>', "the URL's unless said", wholeNumber),
  )
    .addHelpText(
      'after',
      `
Example:
  TENANTRY_PROVISIONER_URL=postgres://provisioner:secret@db-2.example:5432/postgres \\
    npm run -s tenants -- clusters register eu-2 --reserve 50 --label region=eu`,
    )
    .action(register);
  withCapacity(clusters.command('update <cluster>').description('changes what it may hold'))
    .addHelpText('after', '\nExample:\n  npm run -s tenants -- clusters update eu-2 --max-tenants 5000 --label region=')
    .action(update);
  clusters
    .command('drain <cluster>')
    .description('puts no new tenants there; those that live there stay')
    .action(moveTo('draining'));
  clusters.command('close <cluster>').description('puts no tenants there at all').action(moveTo('closed'));
  clusters.command('open <cluster>').description('lets tenants be put there again').action(moveTo('open'));
}
