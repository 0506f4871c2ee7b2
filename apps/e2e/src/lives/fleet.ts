import { type MigrationRun, MigrationRuns, type MigrationTarget } from '@tenantry/contracts';
import { createTenant, setBack, type Stack, type StackTenant } from '@tenantry/testing';
import { until } from '../faults/flight.js';

const path = '/v1/admin/migration-runs';
export const databaseOf = ({ id }: Pick<StackTenant, 'id'>): string => `t_${id.replaceAll('-', '')}`;

/** Tenants whose databases an upgrade has left behind, and that the services know to be so. */
export async function leftBehind(stack: Stack, count: number): Promise<StackTenant[]> {
  const tenants: StackTenant[] = [];
  for (let made = 0; made < count; made++) tenants.push(await createTenant(stack));
  await putBack(stack, tenants);
  return tenants;
}

export async function putBack(stack: Stack, tenants: readonly StackTenant[]): Promise<void> {
  const registry = await stack.openDatabase('registry');
  for (const tenant of tenants) {
    const database = await stack.openDatabase(databaseOf(tenant));
    const version = await setBack(database).finally(() => database.end());
    await registry.query('UPDATE tenants SET schema_version = $2 WHERE id = $1', [tenant.id, version]);
  }
  await registry.end();
}

export async function start(stack: Stack, request: object = {}): Promise<MigrationRun> {
  const { status, body, text } = await stack.operator.post<MigrationRun>(path, request);
  if (status !== 201) throw new Error(`the run was not started: ${status} ${text}`);
  return MigrationRuns.start.reply.parse(body);
}

export const read = async (stack: Stack, { id }: MigrationRun): Promise<MigrationRun> =>
  (await stack.operator.get<MigrationRun>(`${path}/${id}`)).body;

export const change = (stack: Stack, { id }: MigrationRun, verb: string) =>
  stack.operator.post<MigrationRun>(`${path}/${id}/${verb}`, {});

/** The run once it has come to one of these states. */
export async function come(stack: Stack, run: MigrationRun, ...states: MigrationRun['state'][]): Promise<MigrationRun> {
  let last = run;
  // A killed registry is missed after 5 s, and may be asked while it comes back.
  await until(`the run is ${states.join(' or ')}`, 60_000, async () => {
    last = await read(stack, run);
    return states.includes(last.state);
  });
  return last;
}

export const targetsOf = async (stack: Stack, { id }: MigrationRun, query = ''): Promise<MigrationTarget[]> =>
  (await stack.operator.get<{ data: MigrationTarget[] }>(`${path}/${id}/tenants?limit=100${query}`)).body.data;
