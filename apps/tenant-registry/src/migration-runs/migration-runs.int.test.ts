import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { schemaVersion } from '@tenantry/tenant-schema';
import { Fleet, slugsOf, well } from '../test/fleet.js';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.make();
});
beforeEach(() => fleet.clear());
afterAll(() => fleet?.registry.drop());

describe('a run of migrations', () => {
  it('is for those that are in use and behind, wave by wave in the order of their birth', async () => {
    await fleet.three();
    await fleet.born('archived', { state: 'archived' });
    await fleet.born('newest', { version: schemaVersion });
    await fleet.born('suspended', { state: 'suspended' });
    const run = await fleet.start({ waves: [1, 2] });
    expect(run.tenantsByWave.map(({ pending }) => pending)).toEqual([1, 2, 1]);
    const canary = await fleet.take();
    expect(slugsOf(canary)).toEqual(['one']);
    const second = await fleet.end(well, canary);
    expect(slugsOf(second)).toEqual(['three', 'two']);
    const last = await fleet.end(well, second);
    expect(slugsOf(last)).toEqual(['suspended']);
    expect((await fleet.end(well, last)).stopped).toMatchObject({ state: 'succeeded' });
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'succeeded', wave: 3, succeeded: 4 });
  });

  it('is for whom the selector says, all of it', async () => {
    await fleet.three();
    await fleet.born('elsewhere', { cluster: 'b' });
    const chosen = async (selector: object) => {
      const run = await fleet.start({ selector });
      const { data } = await fleet.runs.tenants({ id: run.id, limit: 100 });
      await fleet.runs.cancel({ id: run.id });
      return data.map(({ slug }) => slug).sort();
    };
    expect(await chosen({ cluster: 'b' })).toEqual(['elsewhere']);
    expect(await chosen({ slugs: ['one', 'three'] })).toEqual(['one', 'three']);
    expect(await chosen({ slugs: ['one', 'elsewhere'], cluster: 'b', plan: 'standard' })).toEqual(['elsewhere']);
    expect(await chosen({ plan: 'free' })).toEqual([]);
    // A database that was restored is older than the registry takes it for.
    await fleet.born('restored', { version: schemaVersion });
    expect(await chosen({ cluster: 'main' })).not.toContain('restored');
    expect(await chosen({ slugs: ['restored'] })).toEqual(['restored']);
  });

  it.each([
    [{ selector: { slugs: ['one', 'nobody'] } }, '/selector/slugs/1'],
    [{ selector: { cluster: 'nowhere' } }, '/selector/cluster'],
    [{ selector: { plan: 'none' } }, '/selector/plan'],
    [{ target: schemaVersion + 1 }, '/target'],
  ])('that cannot be, %j, is refused by the field', async (request, pointer) => {
    await fleet.three();
    const errors = [expect.objectContaining({ pointer })];
    await expect(fleet.start(request)).rejects.toMatchObject({ code: 'validation', errors });
    expect((await fleet.runs.list({ limit: 20 })).data).toEqual([]);
  });

  it('is one at a time', async () => {
    await fleet.three();
    const run = await fleet.start();
    await expect(fleet.start()).rejects.toMatchObject({ code: 'run-in-progress' });
    await fleet.runs.cancel({ id: run.id });
    await fleet.start();
    await expect(fleet.runs.retryFailed({ id: run.id })).rejects.toMatchObject({ code: 'invalid-transition' });
  });

  it('with nobody to migrate ends at once', async () => {
    const run = await fleet.start();
    await fleet.take();
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'succeeded', succeeded: 0 });
  });

  it('takes in who was born behind meanwhile, before it ends', async () => {
    await fleet.born('one');
    const run = await fleet.start();
    const first = await fleet.take();
    await fleet.born('late');
    expect(slugsOf(await fleet.end(well, first))).toEqual(['late']);
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'running', running: 1 });
  });
});

describe('an operator', () => {
  it('pauses a run: what is in hand ends, and nobody else is begun before it is resumed', async () => {
    await fleet.three();
    const run = await fleet.start({ concurrency: 1 });
    const taken = await fleet.take();
    expect(await fleet.runs.pause({ id: run.id, reason: 'lunch' })).toMatchObject({
      state: 'paused',
      stateReason: 'lunch',
    });
    expect((await fleet.end(well, taken)).claims).toEqual([]);
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'paused', succeeded: 1, pending: 2 });
    expect(await fleet.runs.resume({ id: run.id })).toMatchObject({ state: 'running', stateReason: null });
    expect((await fleet.take()).claims).toHaveLength(1);
  });

  it('cancels a run: what is in hand ends, or is skipped with its process; what is not is skipped', async () => {
    await fleet.three();
    const run = await fleet.start({ concurrency: 2 });
    const { claims: taken } = await fleet.take();
    await fleet.runs.cancel({ id: run.id });
    expect((await fleet.end(well, { claims: taken.slice(1) })).claims).toEqual([]);
    await fleet.claims.giveBack('a', [], 60);
    expect(await fleet.stateOf(run)).toMatchObject({ state: 'cancelled', succeeded: 1, skipped: 2 });
  });

  it.each([
    ['pause', 'paused'],
    ['resume', 'running'],
    ['pause', 'cancelled'],
    ['cancel', 'cancelled'],
    ['resume', 'cancelled'],
    ['retryFailed', 'succeeded'],
  ] as const)('cannot %s a run that is %s', async (verb, state) => {
    await fleet.three();
    const run = await fleet.start();
    if (state === 'paused') await fleet.runs.pause({ id: run.id });
    if (state === 'cancelled') await fleet.runs.cancel({ id: run.id });
    if (state === 'succeeded') await fleet.end(well, await fleet.take());
    await expect(fleet.runs[verb]({ id: run.id })).rejects.toMatchObject({ code: 'invalid-transition' });
  });

  it('asks for a run that there is not', async () => {
    const id = randomUUID();
    for (const ask of [
      () => fleet.runs.get({ id }),
      () => fleet.runs.pause({ id }),
      () => fleet.runs.tenants({ id, limit: 20 }),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'not-found' });
  });
});
