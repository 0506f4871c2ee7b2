import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Breakers } from './breakers.js';

const limits = { breakerFailures: 3, breakerOpenMs: 1000, breakerOpenMaxMs: 4000 };
const coded = (code: string) => Object.assign(new Error(code), { code });
const failing = (code: string) => () => Promise.reject(coded(code));

describe('breakers', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const fail = async (breakers: Breakers, tenantId: string, code: string, times = limits.breakerFailures) => {
    for (let time = 0; time < times; time++) await breakers.run(tenantId, failing(code)).catch(() => undefined);
  };

  it.each(['3D000', '28P01'])(
    'open for the tenant that fails with %s three times, and for nobody else',
    async (code) => {
      const breakers = new Breakers(limits);
      await fail(breakers, 'acme', code, 2);
      expect(breakers.openMs('acme')).toBe(0);
      await fail(breakers, 'acme', code, 1);
      expect(breakers.openMs('acme')).toBeGreaterThan(0);
      expect(breakers.openMs('globex')).toBe(0);
    },
  );

  it('open for everyone when their cluster is away', async () => {
    const breakers = new Breakers(limits);
    for (const tenantId of ['acme', 'globex', 'initech']) await fail(breakers, tenantId, 'ECONNREFUSED', 1);
    expect(breakers.openMs('umbrella')).toBeGreaterThan(0);
    expect(breakers.snapshot()).toMatchObject({ tenantsOpen: 0 });
  });

  it('let the next real request try after their time, and close when it succeeds', async () => {
    const breakers = new Breakers(limits);
    await fail(breakers, 'acme', '3D000');
    jest.advanceTimersByTime(limits.breakerOpenMs);
    expect(breakers.openMs('acme')).toBe(0);
    await expect(breakers.run('acme', () => Promise.resolve('open'))).resolves.toBe('open');
    await fail(breakers, 'acme', '3D000', 2);
    expect(breakers.openMs('acme')).toBe(0);
  });

  it('stay open longer each time, up to a limit', async () => {
    const breakers = new Breakers(limits);
    await fail(breakers, 'acme', '3D000');
    for (let time = 0; time < 6; time++) {
      jest.advanceTimersByTime(limits.breakerOpenMaxMs);
      await fail(breakers, 'acme', '3D000', 1);
      expect(breakers.openMs('acme')).toBeGreaterThan(0);
      expect(breakers.openMs('acme')).toBeLessThanOrEqual(limits.breakerOpenMaxMs);
    }
    expect(breakers.openMs('acme')).toBeGreaterThanOrEqual(limits.breakerOpenMaxMs / 2);
  });
});
