import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import {
  currentPrefix,
  dataKeyOf,
  dataKeyVersion,
  type KeyWrapper,
  localWrapper,
  newDataKey,
  openSecret,
  rewrapped,
  sealSecret,
  SecretUnreadable,
} from './secrets.js';

/** As a key management service has it: far away, under a name of its own, and what it gives back is its own affair. */
class RemoteKey implements KeyWrapper {
  readonly id = `kms_${randomBytes(6).toString('hex')}`;
  private readonly there = localWrapper(randomBytes(32));

  async wrap(dataKey: Buffer, boundTo: string): Promise<string> {
    await turn();
    return `k-${await this.there.wrap(dataKey, boundTo)}`;
  }

  async unwrap(wrapped: string, boundTo: string): Promise<Buffer> {
    await turn();
    if (!wrapped.startsWith('k-')) throw new Error('400 InvalidCiphertext');
    return this.there.unwrap(wrapped.slice(2), boundTo);
  }
}

const owner = { owner: '0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b11', field: 'db_password' };
const plain = 'pä$$ word';
const kinds = await Promise.all(
  [
    { kind: 'here', newKey: () => randomBytes(32) },
    { kind: 'far away', newKey: () => new RemoteKey() },
  ].map(async ({ kind, newKey }) => {
    const masterKey = newKey();
    return { kind, newKey, masterKey, sealed: await sealSecret(plain, masterKey, owner) };
  }),
);

const flipped = (text: string, at: number): string => {
  const byte = Buffer.from(text.slice(at, at + 1));
  return text.slice(0, at) + (byte.toString() === 'A' ? 'B' : 'A') + text.slice(at + 1);
};

describe.each(kinds)('with a master key that is $kind', ({ newKey, masterKey, sealed }) => {
  describe('a sealed secret', () => {
    test.each([plain, '', 'x'.repeat(10_000)])('opens for its owner as what it was', async (text) => {
      expect(await openSecret(await sealSecret(text, masterKey, owner), masterKey, owner)).toBe(text);
    });

    test('shows nothing of what is in it and never looks the same twice', async () => {
      expect(sealed).not.toContain(plain);
      expect(await sealSecret(plain, masterKey, owner)).not.toBe(sealed);
    });

    test.each([
      ['another tenant', masterKey, { ...owner, owner: '0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b12' }],
      ['another field', masterKey, { ...owner, field: 'api_key' }],
      ['another master key', newKey(), owner],
      ['an owner that reads alike', masterKey, { owner: `${owner.owner}|db`, field: 'password' }],
    ])('does not open for %s', async (_, key, other) => {
      await expect(openSecret(sealed, key, other)).rejects.toThrow(SecretUnreadable);
    });

    test('does not open for an owner whose name runs into the field', async () => {
      const first = await sealSecret(plain, masterKey, { owner: 'a|b', field: 'c' });
      await expect(openSecret(first, masterKey, { owner: 'a', field: 'b|c' })).rejects.toThrow(SecretUnreadable);
    });

    test('does not open once any character of it was edited', async () => {
      // The last character of a part may hold unused bits, which decode to the same bytes.
      const ends = [sealed.lastIndexOf('.') - 1, sealed.length - 1];
      const places = Array.from(sealed, (_, at) => at).filter((at) => sealed[at] !== '.' && !ends.includes(at));
      for (const at of places) {
        await expect(openSecret(flipped(sealed, at), masterKey, owner)).rejects.toThrow(SecretUnreadable);
      }
    });

    test('does not open with another key of the same owner in it', async () => {
      const value = sealed.slice(dataKeyOf(sealed).length);
      expect(await openSecret(dataKeyOf(sealed) + value, masterKey, owner)).toBe(plain);
      for (const version of [1, 2]) {
        const key = await newDataKey(masterKey, owner.owner, version);
        await expect(openSecret(key + value, masterKey, owner)).rejects.toThrow(SecretUnreadable);
      }
    });

    test.each(['', 'plain text', 'v2.a.b', 'v1.AAAA.AAAA', 'v1..', 'v1.a', sealed.slice(0, -30)])(
      'is not taken for one: %p',
      async (text) => {
        await expect(openSecret(text, masterKey, owner)).rejects.toThrow(SecretUnreadable);
      },
    );

    test('never says the secret when it refuses', async () => {
      await expect(openSecret(sealed, newKey(), owner)).rejects.toThrow(/db_password/);
      await expect(openSecret(plain, masterKey, owner)).rejects.not.toThrow(plain);
    });
  });

  describe('secrets of one owner', () => {
    const dataKey = newDataKey(masterKey, owner.owner, 7);

    test('are sealed with one key, whose version they tell', async () => {
      const key = await dataKey;
      const [one, other] = await Promise.all(['a', 'b'].map((text) => sealSecret(text, masterKey, owner, key)));
      expect([one, other].map((text) => dataKeyOf(text!))).toEqual([key, key]);
      expect(dataKeyVersion(one!)).toBe(7);
      const elsewhere = { ...owner, field: 'other' };
      expect(await openSecret(await sealSecret('c', masterKey, elsewhere, one), masterKey, elsewhere)).toBe('c');
    });

    test("are not sealed with another owner's key", async () => {
      const sealing = sealSecret('a', masterKey, { ...owner, owner: 'someone' }, await dataKey);
      await expect(sealing).rejects.toThrow(SecretUnreadable);
    });
  });

  describe.each(kinds)('a new master key, $kind', ({ newKey: newNextKey }) => {
    const next = newNextKey();

    test('seals, while the one before still opens', async () => {
      expect(await openSecret(sealed, [next, masterKey], owner)).toBe(plain);
      const anew = await sealSecret(plain, [next, masterKey], owner);
      expect(anew.startsWith(currentPrefix(next))).toBe(true);
      expect(await openSecret(anew, next, owner)).toBe(plain);
    });

    test('wraps what the one before has wrapped, which then opens nothing any more', async () => {
      const anew = await rewrapped(sealed, [next, masterKey], owner);
      expect(anew.startsWith(currentPrefix(next))).toBe(true);
      expect(await openSecret(anew, next, owner)).toBe(plain);
      await expect(openSecret(anew, masterKey, owner)).rejects.toThrow(SecretUnreadable);
      expect(anew.split('.')[4]).toBe(sealed.split('.')[4]);
    });

    test('wraps a key that seals nothing yet', async () => {
      const dataKey = await rewrapped(await newDataKey(masterKey, owner.owner), [next, masterKey], owner);
      expect(await openSecret(await sealSecret(plain, next, owner, dataKey), next, owner)).toBe(plain);
    });

    test('wraps nothing that does not open', async () => {
      const stranger = { ...owner, owner: 'someone' };
      await expect(rewrapped(sealed, [next, masterKey], stranger)).rejects.toThrow(SecretUnreadable);
      await expect(rewrapped(sealed, next, owner)).rejects.toThrow(SecretUnreadable);
    });
  });

  describe('what was sealed in the former format', () => {
    // Sealed once by the code of that time, under this key.
    const formerKey = Buffer.from('+xRA6h7ufjkBxTab+2Pu95QKutU6sKXBznUgGlLRMsw=', 'base64');
    const former =
      'v1.i-G3X2CRiYgXv2CE5I-TOOZ34oZr9fcl18RK3F6d9my-QvxCUsar5gB6ivTZAuEsrytpYTGap4sy-BvA.kU_iPlLelH4VknRM1YRiAmRXFXt3fzuaHKtKUTqQUaEbWgV3WyU';

    test('opens, and is wrapped anew in the present one', async () => {
      expect(await openSecret(former, formerKey, owner)).toBe(plain);
      const anew = await rewrapped(former, [masterKey, formerKey], owner);
      expect(await openSecret(anew, masterKey, owner)).toBe(plain);
      await expect(openSecret(former, formerKey, { ...owner, field: 'other' })).rejects.toThrow(SecretUnreadable);
    });
  });
});
