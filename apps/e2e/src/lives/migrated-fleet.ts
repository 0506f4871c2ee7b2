import { describe, expect, it } from '@jest/globals';
import type { MigrationRun } from '@tenantry/contracts';
import { createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { until } from '../faults/flight.js';
import { expectProblem } from '../stories/problem.js';
import { change, come, databaseOf, leftBehind, putBack, read, start, targetsOf } from './fleet.js';
import { bothRun, type Death, deaths, end } from './interruptions.js';

/** Keeps a table of one tenant for as long as `work` takes: what wants to change it waits, gives up, and comes back. */
async function whileTableIsKept(stack: Stack, tenant: StackTenant, work: () => Promise<unknown>): Promise<void> {
  const client = await stack.openDatabase(databaseOf(tenant));
  await client.query('BEGIN; LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE');
  await work().finally(() => client.end());
}

/** The registry instance that has a tenant of the run in hand. */
async function whoHas(stack: Stack, tenant: StackTenant): Promise<string> {
  const registry = await stack.openDatabase('registry');
  let name = '';
  await until('somebody has it in hand', 20_000, async () => {
    const { rows } = await registry.query<{ name: string }>(
      `SELECT i.name FROM migration_targets m JOIN instances i ON i.executor = m.claimed_by WHERE m.tenant_id = $1 AND m.state = 'running'`,
      [tenant.id],
    );
    return (name = rows[0]?.name ?? '') !== '';
  });
  await registry.end();
  return name;
}

/** The databases of tenants are brought to a newer schema while others work. */
export const migratedFleet = (stack: () => Stack): void =>
  describe('the fleet', () => {
    const list = ({ admin }: StackTenant) => admin.get('/v1/products');
    const serves = (tenant: StackTenant) =>
      until('it is served', 10_000, async () => (await list(tenant)).status === 200);
    const all = (tenants: readonly StackTenant[]): object => ({ selector: { slugs: tenants.map(({ slug }) => slug) } });

    it('with a tenant that is behind serves the others, and that one with all its rows once a run has migrated it', async () => {
      const other = await createTenant(stack());
      const [tenant] = await leftBehind(stack(), 1);
      await until('it is known to be behind', 10_000, async () => (await list(tenant!)).status === 503);
      expectProblem(await list(tenant!), 'tenant-maintenance');
      expect((await list(other)).status).toBe(200);
      const run = await start(stack(), { ...all([tenant!]), reason: 'release' });
      expect(await come(stack(), run, 'succeeded', 'failed')).toMatchObject({
        state: 'succeeded',
        reason: 'release',
        drifted: 0,
      });
      await serves(tenant!);
      expect((await tenant!.admin.get('/v1/me')).status).toBe(200);
      const [target] = await targetsOf(stack(), run);
      const { body } = await stack().operator.get<{ schemaVersion: number }>(`/v1/admin/tenants/${tenant!.id}`);
      expect(target).toMatchObject({
        state: 'succeeded',
        toVersion: body.schemaVersion,
        fromVersion: body.schemaVersion - 1,
      });
      expect(body.schemaVersion).toBe(run.target);
    }, 60_000);

    it.each(deaths)(
      'is migrated to the end when the registry is killed in the middle (%s)',
      async (death: Death) => {
        await bothRun(stack());
        const tenants = await leftBehind(stack(), 8);
        let run!: MigrationRun;
        await whileTableIsKept(stack(), tenants[3]!, async () => {
          run = await start(stack(), { ...all(tenants), concurrency: 2 });
          await end(stack(), await whoHas(stack(), tenants[3]!), death);
        });
        expect(await come(stack(), run, 'succeeded', 'failed')).toMatchObject({
          state: 'succeeded',
          tenants: { succeeded: 8 },
        });
        for (const tenant of tenants) await serves(tenant);
        for (const tenant of tenants) {
          const database = await stack().openDatabase(databaseOf(tenant));
          const { rows } = await database.query<{ version: number }>(
            'SELECT version FROM schema_migrations ORDER BY version',
          );
          await database.end();
          expect(rows.map(({ version }) => version)).toEqual(
            Array.from({ length: run.target }, (_, index) => index + 1),
          );
        }
      },
      150_000,
    );

    it('of which one cannot be reached is migrated but for that one, which is tried again when somebody asks', async () => {
      const tenants = await leftBehind(stack(), 4);
      const [away] = tenants;
      const server = await stack().openDatabase();
      const letIn = (isLetIn: boolean) =>
        server.query(`ALTER DATABASE ${databaseOf(away!)} WITH ALLOW_CONNECTIONS ${isLetIn}`);
      await letIn(false);
      const run = await start(stack(), all(tenants));
      expect(await come(stack(), run, 'succeeded', 'failed')).toMatchObject({
        state: 'failed',
        tenants: { succeeded: 3, failed: 1 },
      });
      const [failed] = await targetsOf(stack(), run, '&state=failed');
      expect(failed).toMatchObject({ slug: away!.slug, error: expect.stringContaining('55000') });
      expect(failed!.error).not.toContain(databaseOf(away!));
      await letIn(true);
      await server.end();
      expect((await change(stack(), run, 'retry-failed')).body).toMatchObject({ state: 'running' });
      expect(await come(stack(), run, 'succeeded', 'failed')).toMatchObject({
        state: 'succeeded',
        tenants: { succeeded: 4 },
      });
    }, 60_000);

    it('is paused, resumed and cancelled by whoever may, one run at a time', async () => {
      const tenants = await leftBehind(stack(), 3);
      let run!: MigrationRun;
      await whileTableIsKept(stack(), tenants[0]!, async () => {
        run = await start(stack(), { ...all(tenants), concurrency: 1 });
        await whoHas(stack(), tenants[0]!);
        expectProblem(await stack().operator.post('/v1/admin/migration-runs', {}), 'run-in-progress');
        expect((await change(stack(), run, 'pause')).body).toMatchObject({ state: 'paused' });
        expectProblem(await change(stack(), run, 'pause'), 'invalid-transition');
      });
      await until('what was in hand has ended', 30_000, async () => (await read(stack(), run)).tenants.running === 0);
      expect(await read(stack(), run)).toMatchObject({ state: 'paused', tenants: { pending: 2 } });
      expect((await change(stack(), run, 'cancel')).body).toMatchObject({
        state: 'cancelled',
        tenants: { skipped: 2 },
      });
      const rest = await start(stack(), all(tenants));
      expect(await come(stack(), rest, 'succeeded', 'failed')).toMatchObject({ state: 'succeeded' });
      for (const tenant of tenants) await serves(tenant);
    }, 90_000);

    it('is looked at without a change: what somebody has altered by hand is listed, line by line', async () => {
      const tenants = [await createTenant(stack()), await createTenant(stack())];
      await putBack(stack(), [tenants[1]!]);
      const database = await stack().openDatabase(databaseOf(tenants[0]!));
      await database.query('ALTER TABLE products ADD COLUMN by_hand integer');
      await database.end();
      const run = await start(stack(), { ...all(tenants), check: true });
      expect(await come(stack(), run, 'succeeded', 'failed')).toMatchObject({ state: 'failed', drifted: 1 });
      const found = await targetsOf(stack(), run);
      const altered = found.find(({ slug }) => slug === tenants[0]!.slug);
      expect(altered).toMatchObject({ state: 'failed', difference: [expect.stringMatching(/^\+ .*by_hand/)] });
      const behind = found.find(({ slug }) => slug === tenants[1]!.slug);
      expect(behind).toMatchObject({ state: 'failed', difference: [], error: expect.stringContaining('version') });
      expect((await list(tenants[0]!)).status).toBe(200);
      await come(stack(), await start(stack(), all(tenants)), 'succeeded');
    }, 60_000);
  });
