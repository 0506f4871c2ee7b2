import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { TenantConnections } from './connections.js';
import { LeaseExpired, PoolsClosed } from './errors.js';
import { TenantEntry } from './directory.js';
import { Lease } from './lease.js';
import { toPlace } from './place.js';
import { placeOf } from './test/places.js';

const known = await placeOf({
  tenantId: 'acme',
  host: 'nowhere',
  port: 1,
  database: 'acme',
  role: 'acme',
  password: 'x',
});
const place = toPlace(known);
const active = () => new Set<Lease>();

describe('a lease', () => {
  it('released twice does not end the hold of another', () => {
    const entry = new TenantEntry(place);
    const [one, other] = [new Lease(entry, Infinity, 'one', active()), new Lease(entry, Infinity, 'other', active())];
    one.release();
    one.release();
    expect(entry.leases).toBe(1);
    other.release();
    expect(entry.leases).toBe(0);
  });

  it('serves nothing after its deadline or its release', () => {
    const lease = new Lease(new TenantEntry(place), 100, 'products.list', active());
    expect(() => lease.checkAt(99)).not.toThrow();
    expect(() => lease.checkAt(100)).toThrow(LeaseExpired);
    lease.release();
    expect(() => lease.checkAt(0)).toThrow(LeaseExpired);
  });
});

describe('leases of a process', () => {
  const warn = jest.fn<(fields: object, text: string) => void>();
  const make = () =>
    new TenantConnections({
      service: 'test',
      oldestSchema: 1,
      source: { load: () => Promise.resolve(known) },
      open: async () => 'x',
      reports: { warn, error: warn },
    });
  afterEach(() => {
    jest.useRealTimers();
    warn.mockClear();
  });

  it('that outlive their deadline are reported once, with what took them', async () => {
    jest.useFakeTimers();
    const connections = make();
    let end: () => void = () => undefined;
    const work = connections.runInTenant('acme', () => new Promise<void>((resolve) => (end = resolve)), {
      deadlineAt: performance.now() + 500,
      subject: 'products.list',
    });
    await jest.advanceTimersByTimeAsync(5000);
    expect(warn.mock.calls).toEqual([
      [{ tenantId: 'acme', subject: 'products.list' }, expect.stringContaining('outlives')],
    ]);
    end();
    await work;
  });

  it('are waited for when the process shuts down, and no new ones are taken', async () => {
    const connections = make();
    let end: () => void = () => undefined;
    const work = connections.runInTenant('acme', () => new Promise<void>((resolve) => (end = resolve)));
    await new Promise((resolve) => setImmediate(resolve));
    let closed = false;
    const closing = connections.close().then(() => (closed = true));
    await expect(connections.runInTenant('acme', () => Promise.resolve())).rejects.toThrow(PoolsClosed);
    expect(closed).toBe(false);
    end();
    await work;
    await closing;
  });
});
