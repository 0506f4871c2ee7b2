import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { PublicKey } from '@tenantry/contracts';
import { createLog, type Messages, ServiceError } from '@tenantry/service-kit';
import { until } from '@tenantry/testing';
import { Keys } from './keys.js';

const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });
const keyOf = (kid: string): PublicKey => {
  const { x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: x!, y: y!, kid, use: 'sig', alg: 'ES256' };
};
const [first, second] = [keyOf('first'), keyOf('second')];
const unavailable = expect.objectContaining({ code: 'service-unavailable' });

const begun: Keys[] = [];
afterEach(() => {
  begun.splice(0).forEach((keys) => keys.onApplicationShutdown());
  jest.restoreAllMocks();
});

/** Auth, which is away where it has no keys to give. */
function start(given: PublicKey[] | undefined) {
  const auth = { given, asked: 0 };
  const ask = async () => {
    auth.asked++;
    if (!auth.given) throw new ServiceError('deadline-exceeded', 'away');
    return { keys: auth.given };
  };
  const keys = new Keys({ ask } as unknown as Messages, log);
  begun.push(keys);
  // A clock of its own: nothing here waits for a second to pass.
  let now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  return { auth, keys, pass: (ms: number) => void (now += ms) };
}

describe('while no key is known', () => {
  it('no token is called bad, however often it is asked and auth is not', async () => {
    const { auth, keys, pass } = start(undefined);
    for (let asked = 0; asked < 3; asked++) await expect(keys.find('first')).rejects.toEqual(unavailable);
    expect(auth.asked).toBe(1);
    pass(1000);
    auth.given = [first];
    expect(await keys.find('first')).toBeDefined();
  });

  it('none are published, not even an empty set', async () => {
    const { keys } = start(undefined);
    for (let asked = 0; asked < 2; asked++) await expect(keys.published()).rejects.toEqual(unavailable);
    const { keys: withNone } = start([]);
    await expect(withNone.published()).rejects.toEqual(unavailable);
    await expect(withNone.find('first')).rejects.toEqual(unavailable);
  });

  it('auth is asked from the start on until there is one, and loaded only then', async () => {
    const { auth, keys, pass } = start(undefined);
    let isLoaded = false;
    void keys.loaded.then(() => (isLoaded = true));
    keys.onApplicationBootstrap();
    await until('auth was asked', 1000, () => auth.asked === 1);
    expect(isLoaded).toBe(false);
    auth.given = [first];
    pass(1000);
    await keys.loaded;
    expect(auth.asked).toBe(2);
    expect(await keys.find('first')).toBeDefined();
  });
});

describe('while keys are known', () => {
  it('they serve on though auth is away', async () => {
    const { auth, keys, pass } = start([first]);
    expect(await keys.find('first')).toBeDefined();
    auth.given = undefined;
    pass(3_600_000);
    expect(await keys.find('first')).toBeDefined();
    expect((await keys.published()).keys).toEqual([first]);
  });

  it("another is nobody's, and asked for at most once a second", async () => {
    const { auth, keys, pass } = start([first]);
    for (let asked = 0; asked < 3; asked++) expect(await keys.find('second')).toBeUndefined();
    expect(auth.asked).toBe(1);
    auth.given = [first, second];
    pass(1000);
    expect(await keys.find('second')).toBeDefined();
  });

  it('one that is taken away is told of, and found no more', async () => {
    const { auth, keys, pass } = start([first, second]);
    await keys.find('first');
    const told: number[] = [];
    keys.onRemoved(() => told.push(auth.asked));
    auth.given = [second];
    pass(61_000);
    await keys.published();
    expect(told).toEqual([2]);
    expect(await keys.find('first')).toBeUndefined();
  });
});
