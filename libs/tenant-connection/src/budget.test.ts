import { describe, expect, it } from '@jest/globals';
import { Refused, usualLimits, VirtualCluster, VirtualFailure } from './test/virtual-cluster.js';

const one = { ...usualLimits, connections: 1 };

/** Uses, with what was waited, filled in as they end. */
const several = (cluster: VirtualCluster, tenantId: string, times: number, holdMs: number): (number | Error)[] => {
  const waits: (number | Error)[] = [];
  for (let time = 0; time < times; time++) {
    cluster.use(tenantId, holdMs).then(
      (waited) => waits.push(waited),
      (failure: Error) => waits.push(failure),
    );
  }
  return waits;
};

describe('a budget', () => {
  it('serves a tenant at once from its idle connection', async () => {
    const cluster = new VirtualCluster();
    several(cluster, 'acme', 1, 1);
    await cluster.clock.advance(10);
    expect(cluster.budget.tryBorrow(cluster.pool('acme'))).toBeDefined();
    expect(cluster.budget.tryBorrow(cluster.pool('globex'))).toBeUndefined();
  });

  it('opens one connection for a burst that it serves in less time than a second connect would take', async () => {
    const cluster = new VirtualCluster();
    const waits = several(cluster, 'acme', 30, 0.1);
    await cluster.clock.advance(20);
    expect(waits).toHaveLength(30);
    expect(cluster.connects).toBe(1);
  });

  it('opens further connections for those who have waited as long as a connect takes', async () => {
    const cluster = new VirtualCluster();
    several(cluster, 'acme', 3, 1000);
    await cluster.clock.advance(100);
    expect(cluster.budget.snapshot()).toMatchObject({ busy: 3, waiting: 0 });
  });

  it('opens no further connection for a tenant whose maximum was lowered while it waited for its turn', async () => {
    const cluster = new VirtualCluster({ ...one });
    const waits = several(cluster, 'acme', 2, 50);
    await cluster.clock.advance(20);
    cluster.budget.renew(cluster.pool('acme'), 1);
    cluster.budget.resize(2);
    await cluster.clock.advance(200);
    expect(cluster.broken).toEqual([]);
    expect(waits).toHaveLength(2);
  });

  it('takes over the idle connection of the tenant that is used least, not of the one used longest ago', async () => {
    const cluster = new VirtualCluster({ ...usualLimits, connections: 2 });
    for (let time = 0; time < 5; time++) await Promise.all([cluster.use('often', 1), cluster.clock.advance(10)]);
    several(cluster, 'seldom', 1, 1);
    await cluster.clock.advance(50);
    several(cluster, 'new', 1, 1);
    await cluster.clock.advance(50);
    expect(Object.fromEntries(cluster.connections)).toEqual({ often: 1, seldom: 0, new: 1 });
    expect(cluster.budget.snapshot().takeOvers).toBe(1);
  });

  it('ends a visit after its quantum when another tenant waits, and not before', async () => {
    const cluster = new VirtualCluster(one);
    const acme = several(cluster, 'acme', 100, 2);
    await cluster.clock.advance(8);
    const globex = several(cluster, 'globex', 1, 1);
    await cluster.clock.advance(12);
    expect(acme.length).toBeGreaterThan(5);
    expect(globex).toHaveLength(0);
    await cluster.clock.advance(30);
    expect(globex).toHaveLength(1);
    expect(acme.length).toBeLessThan(20);
  });

  it('serves a whole queue in one visit when nobody else waits', async () => {
    const cluster = new VirtualCluster(one);
    const waits = several(cluster, 'acme', 100, 2);
    await cluster.clock.advance(210);
    expect(waits).toHaveLength(100);
    expect(cluster.connects).toBe(1);
  });

  it('passes over a tenant that has used more than its share, but not for ever', async () => {
    const cluster = new VirtualCluster(one);
    const served: string[] = [];
    const use = (tenantId: string, holdMs: number) =>
      void cluster.use(tenantId, holdMs).then(() => served.push(tenantId));
    use('heavy', 10_000);
    await cluster.clock.advance(10);
    use('heavy', 1);
    for (let time = 0; time < 40; time++) for (const quiet of ['quiet 0', 'quiet 1', 'quiet 2']) use(quiet, 15);
    await cluster.clock.advance(20_000);
    const after = served.slice(1).indexOf('heavy');
    expect(after).toBeGreaterThan(10);
    expect(after).toBeLessThan(60);
    expect(served).toHaveLength(122);
  });

  it('refuses who has waited until the deadline, saying how long and behind how many', async () => {
    const cluster = new VirtualCluster(one);
    several(cluster, 'acme', 1, 1000);
    await cluster.clock.advance(10);
    const first = cluster.use('globex', 1, 50).catch((failure: Error) => failure);
    const second = cluster.use('globex', 1, 50).catch((failure: Error) => failure);
    await cluster.clock.advance(56);
    expect(await first).toMatchObject({ reason: 'late', behind: 0 });
    expect(await second).toMatchObject({ reason: 'late', behind: 1, waitedMs: 50 });
  });

  it('refuses at once when too many wait, in all or of one tenant', async () => {
    const cluster = new VirtualCluster({ ...one, queueLimit: 5, tenantQueueLimit: 3 });
    several(cluster, 'acme', 3, 1000);
    await expect(cluster.use('acme', 1)).rejects.toMatchObject({ reason: 'full' });
    several(cluster, 'globex', 2, 1000);
    await expect(cluster.use('initech', 1)).rejects.toMatchObject({ reason: 'full' });
  });

  it('tries a failed connect again where that can help, and else tells everyone who waits at once', async () => {
    const cluster = new VirtualCluster();
    cluster.nextFailures = [new VirtualFailure(false), new VirtualFailure(false)];
    const cured = several(cluster, 'acme', 2, 1);
    await cluster.clock.advance(100);
    expect(cured).toEqual([expect.any(Number), expect.any(Number)]);
    cluster.nextFailures = [new VirtualFailure(true)];
    const failed = several(cluster, 'globex', 3, 1);
    await cluster.clock.advance(cluster.connectMs);
    expect(failed).toEqual(Array.from({ length: 3 }, () => expect.any(VirtualFailure)));
  });

  it('does not connect while a breaker refuses, but lends what is open', async () => {
    const cluster = new VirtualCluster();
    several(cluster, 'acme', 1, 1);
    await cluster.clock.advance(10);
    cluster.refusing = new Error('a breaker is open');
    await expect(cluster.use('globex', 1)).rejects.toThrow('a breaker is open');
    const waits = several(cluster, 'acme', 1, 1);
    await cluster.clock.advance(5);
    expect(waits).toEqual([0]);
    expect(cluster.connects).toBe(1);
  });

  it('closes what lay idle too long or lived too long, and nothing sooner', async () => {
    const cluster = new VirtualCluster({ ...usualLimits, idleCloseMs: 100, lifetimeMs: 1000 });
    several(cluster, 'acme', 1, 1);
    await cluster.clock.advance(90);
    cluster.budget.sweep();
    await cluster.clock.advance(5);
    expect(cluster.all).toBe(1);
    await cluster.clock.advance(20);
    cluster.budget.sweep();
    await cluster.clock.advance(5);
    expect(cluster.all).toBe(0);
    for (let time = 0; time < 30; time++) {
      several(cluster, 'acme', 1, 1);
      await cluster.clock.advance(50);
    }
    expect(cluster.connects).toBe(3);
  });

  it('shrinks at once by what is idle, and by what is busy when it comes back', async () => {
    const cluster = new VirtualCluster();
    several(cluster, 'acme', 1, 100);
    several(cluster, 'globex', 1, 100);
    several(cluster, 'initech', 1, 1);
    await cluster.clock.advance(20);
    cluster.budget.resize(1);
    await cluster.clock.advance(5);
    expect(cluster.all).toBe(2);
    await cluster.clock.advance(100);
    expect(cluster.all).toBe(1);
    expect(cluster.broken).toEqual([]);
  });

  it('closes when the last borrow has ended, refusing who waits', async () => {
    const cluster = new VirtualCluster(one);
    several(cluster, 'acme', 1, 100);
    await cluster.clock.advance(10);
    const waiting = several(cluster, 'acme', 1, 1);
    let closed = false;
    void cluster.budget.close().then(() => (closed = true));
    await cluster.clock.advance(10);
    expect(waiting).toEqual([expect.objectContaining({ reason: 'closed' })]);
    expect(closed).toBe(false);
    await cluster.clock.advance(100);
    expect(closed).toBe(true);
    await expect(cluster.use('acme', 1)).rejects.toBeInstanceOf(Refused);
  });
});
