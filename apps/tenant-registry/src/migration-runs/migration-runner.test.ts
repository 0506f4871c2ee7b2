import { afterEach, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { until } from '@tenantry/testing';
import type { Claim, MigrationClaims, Outcome } from './migration-claims.js';
import { MigrationRunner } from './migration-runner.js';
import type { TenantMigration } from './tenant-migration.js';

const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'silent' });
const claimed = (tenantId: string): Claim => ({
  tenantId,
  runId: 'run',
  target: 1,
  check: false,
  database: 'd',
  clusterId: 'main',
  state: 'active',
  schemaVersion: 0,
});

/** What the runner has asked for, in order, and what holds it up. */
class Asked {
  readonly words: string[] = [];
  readonly given: (string | null)[] = [];
  pending: Claim[] = [];
  failures = 0;
  holdUp: Promise<unknown> = Promise.resolve();
  readonly claims = {
    areOpen: () => Promise.resolve(true),
    giveBack: async (_executor: string, inHand: readonly string[], deadSeconds: number | null) => {
      this.words.push(`give back but for ${inHand.join(' ')}`);
      this.given.push(deadSeconds === null ? null : 'of others');
      await this.holdUp;
      this.words.push('given back');
    },
    exchange: (_executor: string, finished: readonly unknown[], room: number) => {
      this.words.push(`exchange ${finished.length} for ${room}`);
      if (this.failures-- > 0) return Promise.reject(new Error('the database is away'));
      return Promise.resolve({ claims: this.pending.splice(0), changed: [], stopped: undefined });
    },
  };
}

let runner: MigrationRunner | undefined;
const runnerOf = (asked: Asked, isSteady: boolean, migrate: () => Promise<Outcome>): MigrationRunner => {
  runner = new MigrationRunner(
    asked.claims as unknown as MigrationClaims,
    { migrate } as unknown as TenantMigration,
    { tell: () => undefined },
    { executor: 'a', isSteady },
    log,
  );
  runner.onApplicationBootstrap();
  return runner;
};
afterEach(() => runner?.beforeApplicationShutdown());

const outcome = { state: 'succeeded' } as Outcome;
const soon = 5000;

describe('a process with a part of the run', () => {
  it('takes nothing while it takes back what was left', async () => {
    const asked = new Asked();
    let goOn!: (value?: unknown) => void;
    asked.holdUp = new Promise((resolve) => (goOn = resolve));
    const it = runnerOf(asked, true, () => Promise.resolve(outcome));
    await until('it takes back', soon, () => asked.words.length === 1);
    it.wake();
    expect(asked.words).toEqual(['give back but for ']);
    goOn();
    await until('it has gone on', soon, () => asked.words.length > 2);
    expect(asked.words.slice(0, 3)).toEqual(['give back but for ', 'given back', 'exchange 0 for 32']);
  });

  it('judges others only when it may, and says what it has in hand itself', async () => {
    const asked = new Asked();
    let end!: (value: Outcome) => void;
    asked.pending = [claimed('one')];
    runnerOf(asked, false, () => new Promise((resolve) => (end = resolve))).wake();
    await until('it has looked', soon, () => asked.words.includes('give back but for one'));
    expect(asked.given).toEqual([null]);
    end(outcome);
    await until('it has told', soon, () => asked.words.includes('exchange 1 for 32'));
  });

  it('tells what ended while the database was away, once it is back', async () => {
    const asked = new Asked();
    asked.pending = [claimed('one'), claimed('two')];
    const ends: ((value: Outcome) => void)[] = [];
    const it = runnerOf(asked, true, () => new Promise((resolve) => void ends.push(resolve)));
    it.wake();
    await until('both have begun', soon, () => ends.length === 2);
    asked.failures = 1;
    ends[0]!(outcome);
    await until('it cannot be told', soon, () => asked.failures === 0);
    ends[1]!(outcome);
    await until('both are told', soon, () => asked.words.includes('exchange 2 for 32'));
  });

  it('leaves with what it has in hand done and told, and takes nothing more', async () => {
    const asked = new Asked();
    asked.pending = [claimed('one')];
    let end!: (value: Outcome) => void;
    const it = runnerOf(asked, true, () => new Promise((resolve) => (end = resolve)));
    it.wake();
    await until('it has begun', soon, () => end !== undefined);
    const left = it.beforeApplicationShutdown();
    asked.pending = [claimed('two')];
    end(outcome);
    await left;
    expect(asked.words.at(-1)).toMatch(/^exchange [01] for 0$/);
    expect(asked.words).toContain('exchange 1 for 0');
  });
});
