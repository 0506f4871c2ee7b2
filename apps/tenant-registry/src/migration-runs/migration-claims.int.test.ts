import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MigrationRuns, type MigrationRun } from '@tenantry/contracts';
import { schemaVersion } from '@tenantry/tenant-schema';
import { Pages } from '../pages.js';
import { createRegistryDatabase, type RegistryDatabase, withoutReplica } from '../test/registry-database.js';
import { type Claim, type Finished, MigrationClaims, type Outcome } from './migration-claims.js';
import { MigrationRunsRepository } from './migration-runs.repository.js';
import { MigrationRunsService } from './migration-runs.service.js';
import { RunProgress } from './run-progress.js';

let registry: RegistryDatabase;
let claims: MigrationClaims;
let runs: MigrationRunsService;

beforeAll(async () => {
  registry = await createRegistryDatabase([]);
  claims = new MigrationClaims(registry.source, new RunProgress());
  const pages = new Pages({ MASTER_KEY: Buffer.alloc(32, 7) }, withoutReplica(registry.source));
  runs = new MigrationRunsService(new MigrationRunsRepository(registry.source), pages, { wake: () => undefined });
  await registry.source.query(
    `INSERT INTO clusters (name, host, port) VALUES ('main', 'localhost', 5432), ('b', 'localhost', 5433)`,
  );
});
beforeEach(async () => {
  await registry.source.query('TRUNCATE migration_targets, migration_runs, tenants, instances CASCADE');
  for (const executor of ['a', 'b']) await registry.source.query('INSERT INTO instances VALUES ($1, $1)', [executor]);
});
afterAll(() => registry?.drop());

interface Born {
  readonly version?: number;
  readonly state?: string;
  readonly cluster?: string;
}
async function born(
  slug: string,
  { version = schemaVersion - 1, state = 'active', cluster = 'main' }: Born = {},
): Promise<void> {
  await registry.source.query(
    `INSERT INTO tenants (id, slug, name, state, plan, cluster_id, db_name, db_user, schema_version)
     SELECT uuidv7(), $1, $1, $2, 'standard', c.id, $1, $1, $3 FROM clusters c WHERE c.name = $4`,
    [slug, state, version, cluster],
  );
}
const three = async (): Promise<void> => {
  for (const slug of ['one', 'two', 'three']) await born(slug);
};

const start = (request: object = {}): Promise<MigrationRun> => runs.start(MigrationRuns.start.request.parse(request));
const well: Outcome = {
  state: 'succeeded',
  from: schemaVersion - 1,
  to: schemaVersion,
  fingerprint: 'f',
  difference: [],
  error: null,
};
const badly: Outcome = { ...well, state: 'failed', to: null, fingerprint: null, error: 'away' };
const as =
  (outcome: Outcome) =>
  (claim: Claim): Finished => ({ claim, outcome });
const slugs = (taken: { claims: readonly Claim[] }): string[] => taken.claims.map(({ database }) => database).sort();
const take = (room = 32, executor = 'a', finished: Finished[] = []) => claims.exchange(executor, finished, room);
const end = async (outcome: Outcome, taken: { claims: readonly Claim[] }, executor = 'a') =>
  take(32, executor, taken.claims.map(as(outcome)));
const stateOf = async ({ id }: MigrationRun) => {
  const { state, stateReason, wave, tenants } = await runs.get({ id });
  return { state, stateReason, wave, ...tenants };
};

describe('a run of migrations', () => {
  it('is for those that are in use and behind, wave by wave in the order of their birth', async () => {
    await three();
    await born('archived', { state: 'archived' });
    await born('newest', { version: schemaVersion });
    await born('suspended', { state: 'suspended' });
    const run = await start({ waves: [1, 2] });
    expect(run.tenantsByWave.map(({ pending }) => pending)).toEqual([1, 2, 1]);
    const canary = await take();
    expect(slugs(canary)).toEqual(['one']);
    const second = await end(well, canary);
    expect(slugs(second)).toEqual(['three', 'two']);
    const last = await end(well, second);
    expect(slugs(last)).toEqual(['suspended']);
    expect((await end(well, last)).stopped).toMatchObject({ state: 'succeeded' });
    expect(await stateOf(run)).toMatchObject({ state: 'succeeded', wave: 3, succeeded: 4 });
  });

  it('is for whom the selector says, all of it', async () => {
    await three();
    await born('elsewhere', { cluster: 'b' });
    const chosen = async (selector: object) => {
      const run = await start({ selector });
      const { data } = await runs.tenants({ id: run.id, limit: 100 });
      await runs.cancel({ id: run.id });
      return data.map(({ slug }) => slug).sort();
    };
    expect(await chosen({ cluster: 'b' })).toEqual(['elsewhere']);
    expect(await chosen({ slugs: ['one', 'three'] })).toEqual(['one', 'three']);
    expect(await chosen({ slugs: ['one', 'elsewhere'], cluster: 'b', plan: 'standard' })).toEqual(['elsewhere']);
    expect(await chosen({ plan: 'free' })).toEqual([]);
  });

  it.each([
    [{ selector: { slugs: ['one', 'nobody'] } }, '/selector/slugs/1'],
    [{ selector: { cluster: 'nowhere' } }, '/selector/cluster'],
    [{ selector: { plan: 'none' } }, '/selector/plan'],
    [{ target: schemaVersion + 1 }, '/target'],
  ])('that cannot be, %j, is refused by the field', async (request, pointer) => {
    await three();
    const errors = [expect.objectContaining({ pointer })];
    await expect(start(request)).rejects.toMatchObject({ code: 'validation', errors });
    expect((await runs.list({ limit: 20 })).data).toEqual([]);
  });

  it('is one at a time', async () => {
    await three();
    const run = await start();
    await expect(start()).rejects.toMatchObject({ code: 'run-in-progress' });
    await runs.cancel({ id: run.id });
    await start();
    await expect(runs.retryFailed({ id: run.id })).rejects.toMatchObject({ code: 'invalid-transition' });
  });

  it('with nobody to migrate ends at once', async () => {
    const run = await start();
    await take();
    expect(await stateOf(run)).toMatchObject({ state: 'succeeded', succeeded: 0 });
  });

  it('takes in who was born behind meanwhile, before it ends', async () => {
    await born('one');
    const run = await start();
    const first = await take();
    await born('late');
    expect(slugs(await end(well, first))).toEqual(['late']);
    expect(await stateOf(run)).toMatchObject({ state: 'running', running: 1 });
  });
});

describe('the tenants in hand', () => {
  it('are never more than the concurrency, of all processes together', async () => {
    await three();
    await start({ concurrency: 2 });
    const [ours, theirs] = await Promise.all([take(), take(32, 'b')]);
    expect(ours.claims.length + theirs.claims.length).toBe(2);
    expect(new Set([...slugs(ours), ...slugs(theirs)]).size).toBe(2);
    expect((await take()).claims).toEqual([]);
  });

  it('of a process that is dead are given to another, and what it says of them later is not heard', async () => {
    await three();
    const run = await start();
    const lost = await take();
    await registry.source.query(`UPDATE instances SET seen_at = now() - interval '1 minute' WHERE executor = 'a'`);
    await claims.giveBack('b', [], 5);
    const again = await take(32, 'b');
    expect(slugs(again)).toEqual(slugs(lost));
    await end(badly, lost);
    expect(await stateOf(run)).toMatchObject({ state: 'running', running: 3, failed: 0 });
    await end(well, again, 'b');
    expect(await stateOf(run)).toMatchObject({ state: 'succeeded', succeeded: 3 });
    const { data } = await runs.tenants({ id: run.id, limit: 100 });
    expect(data.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
  });

  it('of a process that lives stay with it, but for those that it does not know of', async () => {
    await three();
    await start();
    const [known] = (await take(2)).claims;
    await claims.giveBack('b', [], 5);
    expect((await take(32, 'b')).claims).toHaveLength(1);
    await claims.giveBack('a', [known!.tenantId], 5);
    expect((await take(32, 'b')).claims).toHaveLength(1);
    expect((await take(32, 'b')).claims).toEqual([]);
  });

  it('have their version and the fingerprint of their tables known to the registry, and others told of it', async () => {
    await born('one');
    await start();
    const taken = await take();
    const { changed } = await end(well, taken);
    const [row] = await registry.source.query<
      { id: string; schema_version: number; schema_fingerprint: string; generation: string }[]
    >('SELECT id, schema_version, schema_fingerprint, generation FROM tenants');
    expect(row).toMatchObject({ schema_version: schemaVersion, schema_fingerprint: 'f' });
    expect(changed).toEqual([{ tenantId: row!.id, slug: 'one', state: 'active', generation: Number(row!.generation) }]);
  });
});

describe('failures', () => {
  it('up to as many as may fail stop nobody; one more pauses the run, and whoever resumes it has seen them', async () => {
    for (let each = 0; each < 6; each++) await born(`t${each}`);
    const run = await start({ maxFailures: 1 });
    const failOne = async (): Promise<void> => {
      const taken = await claims.exchange('a', [], 1);
      await claims.exchange('a', taken.claims.map(as(badly)), 0);
    };
    await failOne();
    expect(await stateOf(run)).toMatchObject({ state: 'running', failed: 1 });
    await failOne();
    expect(await stateOf(run)).toMatchObject({ state: 'paused', stateReason: 'more than 1 tenants failed', failed: 2 });
    expect((await take()).claims).toEqual([]);
    await runs.resume({ id: run.id });
    await failOne();
    expect(await stateOf(run)).toMatchObject({ state: 'running', failed: 3 });
    await failOne();
    expect(await stateOf(run)).toMatchObject({ state: 'paused', failed: 4 });
  });

  it('in a wave keep the next one from beginning until somebody resumes the run', async () => {
    await three();
    const run = await start({ waves: [1] });
    await end(badly, await take());
    expect(await stateOf(run)).toMatchObject({
      state: 'paused',
      stateReason: '1 of wave 1 failed',
      wave: 2,
      pending: 2,
    });
    await runs.resume({ id: run.id });
    await end(well, await take());
    expect(await stateOf(run)).toMatchObject({ state: 'failed', succeeded: 2, failed: 1 });
  });

  it('are tried again when somebody asks, also of a run that has ended with them', async () => {
    await three();
    const run = await start({ waves: [1] });
    await end(badly, await take());
    await runs.resume({ id: run.id });
    await end(well, await take());
    expect(await runs.retryFailed({ id: run.id })).toMatchObject({ state: 'running', wave: 1, endedAt: null });
    const again = await take();
    expect(slugs(again)).toEqual(['one']);
    await end(well, again);
    expect(await stateOf(run)).toMatchObject({ state: 'succeeded', succeeded: 3, failed: 0 });
  });

  it('found by a run that only looks pause nothing, and change nothing but the fingerprint', async () => {
    await three();
    const run = await start({ check: true, waves: [1], maxFailures: 0 });
    const found: Outcome = { ...well, state: 'failed', difference: ['+ x'], error: 'differs' };
    const second = await end(found, await take());
    expect(second).toMatchObject({ changed: [] });
    await end(found, second);
    expect(await stateOf(run)).toMatchObject({ state: 'failed', failed: 3 });
    expect((await runs.get({ id: run.id })).drifted).toBe(3);
    expect((await runs.tenants({ id: run.id, limit: 1, drifted: true })).data[0]).toMatchObject({
      difference: ['+ x'],
    });
    const rows = await registry.source.query<object[]>(
      'SELECT DISTINCT schema_version, schema_fingerprint FROM tenants',
    );
    expect(rows).toEqual([{ schema_version: schemaVersion - 1, schema_fingerprint: 'f' }]);
  });
});

describe('an operator', () => {
  it('pauses a run: what is in hand ends, and nobody else is begun before it is resumed', async () => {
    await three();
    const run = await start({ concurrency: 1 });
    const taken = await take();
    expect(await runs.pause({ id: run.id, reason: 'lunch' })).toMatchObject({ state: 'paused', stateReason: 'lunch' });
    expect((await end(well, taken)).claims).toEqual([]);
    expect(await stateOf(run)).toMatchObject({ state: 'paused', succeeded: 1, pending: 2 });
    expect(await runs.resume({ id: run.id })).toMatchObject({ state: 'running', stateReason: null });
    expect((await take()).claims).toHaveLength(1);
  });

  it('cancels a run: what is in hand ends, or is skipped with its process; what is not is skipped', async () => {
    await three();
    const run = await start({ concurrency: 2 });
    const { claims: taken } = await take();
    await runs.cancel({ id: run.id });
    expect((await end(well, { claims: taken.slice(1) })).claims).toEqual([]);
    await claims.giveBack('a', [], 5);
    expect(await stateOf(run)).toMatchObject({ state: 'cancelled', succeeded: 1, skipped: 2 });
  });

  it.each([
    ['pause', 'paused'],
    ['resume', 'running'],
    ['pause', 'cancelled'],
    ['cancel', 'cancelled'],
    ['resume', 'cancelled'],
    ['retryFailed', 'succeeded'],
  ] as const)('cannot %s a run that is %s', async (verb, state) => {
    await three();
    const run = await start();
    if (state === 'paused') await runs.pause({ id: run.id });
    if (state === 'cancelled') await runs.cancel({ id: run.id });
    if (state === 'succeeded') await end(well, await take());
    await expect(runs[verb]({ id: run.id })).rejects.toMatchObject({ code: 'invalid-transition' });
  });

  it('asks for a run that there is not', async () => {
    const id = randomUUID();
    for (const ask of [() => runs.get({ id }), () => runs.pause({ id }), () => runs.tenants({ id, limit: 20 })])
      await expect(ask()).rejects.toMatchObject({ code: 'not-found' });
  });
});
