import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { schemaVersion } from '@tenantry/tenant-schema';
import { as, badly, Fleet, slugsOf, well } from '../test/fleet.js';
import type { Outcome } from './migration-claims.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.make();
});
beforeEach(() => fleet.clear());
afterAll(() => fleet?.registry.drop());

describe('the tenants in hand', () => {
  it('are never more than the concurrency, of all processes together', async () => {
    await fleet.three();
    await fleet.start({ concurrency: 2 });
    const [ours, theirs] = await Promise.all([fleet.take(), fleet.take(32, 'b')]);
    expect(ours.claims.length + theirs.claims.length).toBe(2);
    expect(new Set([...slugsOf(ours), ...slugsOf(theirs)]).size).toBe(2);
    expect((await fleet.take()).claims).toEqual([]);
  });

  it('of a process that is dead are given to another, and what it says of them later is not heard', async () => {
    await fleet.three();
    const run = await fleet.start();
    const lost = await fleet.take();
    await fleet.registry.source.query(`UPDATE instances SET seen_at = now() - interval '1 hour' WHERE executor = 'a'`);
    await fleet.claims.giveBack('b', [], 60);
    const again = await fleet.take(32, 'b');
    expect(slugsOf(again)).toEqual(slugsOf(lost));
    await fleet.end(badly, lost);
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'running', running: 3, failed: 0 });
    await fleet.end(well, again, 'b');
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'succeeded', succeeded: 3 });
    const { data } = await fleet.runs.tenants({ id: run.id, limit: 100 });
    expect(data.map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
  });

  it('of a process that lives stay with it, but for those that it does not know of', async () => {
    await fleet.three();
    await fleet.start();
    const [known] = (await fleet.take(2)).claims;
    await fleet.claims.giveBack('b', [], 60);
    expect((await fleet.take(32, 'b')).claims).toHaveLength(1);
    await fleet.claims.giveBack('a', [known!.tenantId], 60);
    expect((await fleet.take(32, 'b')).claims).toHaveLength(1);
    expect((await fleet.take(32, 'b')).claims).toEqual([]);
  });

  it('have their version and the fingerprint of their tables known to the registry, and others told of it', async () => {
    await fleet.born('one');
    await fleet.start();
    const taken = await fleet.take();
    const { changed } = await fleet.end(well, taken);
    const [row] = await fleet.registry.source.query<
      { id: string; schema_version: number; schema_fingerprint: string; generation: string }[]
    >('SELECT id, schema_version, schema_fingerprint, generation FROM tenants');
    expect(row).toMatchObject({ schema_version: schemaVersion, schema_fingerprint: 'f' });
    expect(changed).toEqual([{ tenantId: row!.id, slug: 'one', state: 'active', generation: Number(row!.generation) }]);
  });
});

describe('failures', () => {
  it('up to as many as may fail stop nobody; one more pauses the run, and whoever resumes it has seen them', async () => {
    for (let each = 0; each < 6; each++) await fleet.born(`t${each}`);
    const run = await fleet.start({ maxFailures: 1 });
    const failOne = async (): Promise<void> => {
      const taken = await fleet.claims.exchange('a', [], 1);
      await fleet.claims.exchange('a', taken.claims.map(as(badly)), 0);
    };
    await failOne();
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'running', failed: 1 });
    await failOne();
    expect(await fleet.stateOf(run)).toMatchObject({
      state: 'paused',
      stateReason: 'more than 1 tenants failed',
      failed: 2,
    });
    expect((await fleet.take()).claims).toEqual([]);
    await fleet.runs.resume({ id: run.id });
    await failOne();
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'running', failed: 3 });
    await failOne();
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'paused', failed: 4 });
  });

  it('in a wave keep the next one from beginning until somebody resumes the run', async () => {
    await fleet.three();
    const run = await fleet.start({ waves: [1] });
    await fleet.end(badly, await fleet.take());
    expect(await fleet.stateOf(run)).toMatchObject({
      state: 'paused',
      stateReason: '1 of wave 1 failed',
      wave: 1,
      pending: 2,
    });
    await fleet.runs.resume({ id: run.id });
    await fleet.end(well, await fleet.take());
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'failed', succeeded: 2, failed: 1 });
  });

  it('are tried again when somebody asks, also of a run that has ended with them', async () => {
    await fleet.three();
    const run = await fleet.start({ waves: [1] });
    await fleet.end(badly, await fleet.take());
    await fleet.runs.resume({ id: run.id });
    await fleet.end(well, await fleet.take());
    expect(await fleet.runs.retryFailed({ id: run.id })).toMatchObject({ state: 'running', wave: 1, endedAt: null });
    const again = await fleet.take();
    expect(slugsOf(again)).toEqual(['one']);
    await fleet.end(well, again);
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'succeeded', succeeded: 3, failed: 0 });
  });

  it('found by a run that only looks pause nothing, and change nothing but the fingerprint', async () => {
    await fleet.three();
    const run = await fleet.start({ check: true, waves: [1], maxFailures: 0 });
    const found: Outcome = { ...well, state: 'failed', difference: ['+ x'], error: 'differs' };
    const second = await fleet.end(found, await fleet.take());
    expect(second).toMatchObject({ changed: [] });
    await fleet.end(found, second);
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'failed', failed: 3 });
    expect((await fleet.runs.get({ id: run.id })).drifted).toBe(3);
    expect((await fleet.runs.tenants({ id: run.id, limit: 1, drifted: true })).data[0]).toMatchObject({
      difference: ['+ x'],
    });
    const rows = await fleet.registry.source.query<object[]>(
      'SELECT DISTINCT schema_version, schema_fingerprint FROM tenants',
    );
    expect(rows).toEqual([{ schema_version: schemaVersion - 1, schema_fingerprint: 'f' }]);
  });
});
