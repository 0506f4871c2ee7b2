import { describe, expect, test } from '@jest/globals';
import { parseScale, readOptions } from './options.ts';

describe('--scale', () => {
  test('multiplies the services it names, the others run once', () => {
    expect(parseScale('products=2,gateway=3')).toEqual({
      products: 2,
      gateway: 3,
      auth: 1,
      users: 1,
      'tenant-registry': 1,
    });
  });

  test('multiplies all by a bare number, but for those it names', () => {
    const two = { products: 2, gateway: 2, auth: 2, users: 2, 'tenant-registry': 2 };
    expect(parseScale('2')).toEqual(two);
    expect(parseScale('2,auth=1')).toEqual({ ...two, auth: 1 });
  });

  test.each(['0', '100', '2x', 'orders=2', 'products=0', 'products', 'products=two', 'constructor=1'])(
    '%s is refused',
    (text) => {
      expect(() => parseScale(text)).toThrow(`--scale ${text}: expected`);
    },
  );
});

describe('--clusters', () => {
  const clusters = (args: string[]) => readOptions('/house', args, {}).clusters;

  test('is one unless said', () => {
    expect([clusters([]), clusters(['--clusters', '2'])]).toEqual([1, 2]);
  });

  test.each(['0', '10', '-1', 'two', ''])('%j is refused', (text) => {
    expect(() => clusters([`--clusters=${text}`])).toThrow(`--clusters ${text}: expected`);
  });
});

describe('the environment', () => {
  test('has a default for everything', () => {
    const { dataDir, port, restartAfterMs, demo } = readOptions('/house', [], {});
    expect({ dataDir, port, restartAfterMs, demo }).toEqual({
      dataDir: '/house/.data',
      port: 3000,
      restartAfterMs: 2000,
      demo: true,
    });
  });

  test('turns restarts and the demo off with 0', () => {
    const { restartAfterMs, demo } = readOptions('/house', [], { TENANTRY_RESTART: '0', TENANTRY_DEMO: '0' });
    expect({ restartAfterMs, demo }).toEqual({ restartAfterMs: 0, demo: false });
  });

  test('cannot lift rate limits in production', () => {
    const env = { TENANTRY_LIMITS: 'off', NODE_ENV: 'production' };
    expect(() => readOptions('/house', [], env)).toThrow('TENANTRY_LIMITS is for load tests');
  });
});
