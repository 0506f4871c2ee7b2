import { availableParallelism } from 'node:os';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Passwords } from './passwords.js';

const passwords = new Passwords();
/** Hashes give way to all other work: on a busy machine each takes as long as that leaves it waiting. */
const patienceMs = 120_000;
const password = 'anvil-orbit-walnut-9';
let stored: string;

/** The CPU time it costs, in microseconds: the hashing threads' included, other programs' not. */
const cost = async (work: () => Promise<unknown>): Promise<number> => {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
};

beforeAll(async () => {
  stored = await passwords.hash(password);
});

describe('a password', () => {
  it('is stored as argon2id with the parameters OWASP names, and salted', async () => {
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.hash(password)).not.toBe(stored);
  });

  it('is verified, and no other', async () => {
    expect(await passwords.verify(stored, password)).toBe(true);
    expect(await passwords.verify(stored, `${password}!`)).toBe(false);
    expect(await passwords.verify(stored, '')).toBe(false);
  });

  it('is right in any Unicode spelling of the same text', async () => {
    const hash = await passwords.hash('caf\u00e9-walnut-9');
    expect(await passwords.verify(hash, 'cafe\u0301-walnut-9')).toBe(true);
    expect(await passwords.verify(await passwords.hash('①-anvil-walnut'), '1-anvil-walnut')).toBe(true);
  });

  it(
    'of nobody is never right, and takes as long to refuse as a wrong one',
    async () => {
      expect(await passwords.verify(undefined, password)).toBe(false);
      const wrong: number[] = [];
      const nobodys: number[] = [];
      for (let round = 0; round < 8; round++) {
        wrong.push(await cost(() => passwords.verify(stored, 'wrong-walnut-9')));
        nobodys.push(await cost(() => passwords.verify(undefined, 'wrong-walnut-9')));
      }
      // Caches that others have emptied only ever add to it: the least of many is what the work itself costs.
      const ratio = Math.min(...nobodys) / Math.min(...wrong);
      expect(ratio).toBeGreaterThan(0.75);
      expect(ratio).toBeLessThan(1.33);
    },
    patienceMs,
  );

  it(
    'is refused as overloaded at once when too many are waiting',
    async () => {
      const slots = Math.min(availableParallelism(), 3) * 41;
      const taken = Array.from({ length: slots }, () => passwords.verify(stored, password));
      await expect(passwords.verify(stored, password)).rejects.toMatchObject({ code: 'overloaded' });
      expect(await Promise.all(taken)).toEqual(taken.map(() => true));
    },
    patienceMs,
  );
});
