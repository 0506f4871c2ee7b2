import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  currentPrefix,
  dataKeyOf,
  dataKeyVersion,
  newDataKey,
  openSecret,
  rewrapped,
  sealSecret,
  SecretUnreadable,
} from './secrets.js';

const masterKey = randomBytes(32);
const owner = { owner: '0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b11', field: 'db_password' };
const plain = 'pä$$ word';
const sealed = sealSecret(plain, masterKey, owner);

const flipped = (text: string, at: number): string => {
  const byte = Buffer.from(text.slice(at, at + 1));
  return text.slice(0, at) + (byte.toString() === 'A' ? 'B' : 'A') + text.slice(at + 1);
};

describe('a sealed secret', () => {
  test.each([plain, '', 'x'.repeat(10_000)])('opens for its owner as what it was', (text) => {
    expect(openSecret(sealSecret(text, masterKey, owner), masterKey, owner)).toBe(text);
  });

  test('shows nothing of what is in it and never looks the same twice', () => {
    expect(sealed).not.toContain(plain);
    expect(sealSecret(plain, masterKey, owner)).not.toBe(sealed);
  });

  test.each([
    ['another tenant', masterKey, { ...owner, owner: '0190c6d2-7a4e-7c3b-9a57-2f0e1c5d8b12' }],
    ['another field', masterKey, { ...owner, field: 'api_key' }],
    ['another master key', randomBytes(32), owner],
    ['an owner that reads alike', masterKey, { owner: `${owner.owner}|db`, field: 'password' }],
  ])('does not open for %s', (_, key, other) => {
    expect(() => openSecret(sealed, key, other)).toThrow(SecretUnreadable);
  });

  test('does not open for an owner whose name runs into the field', () => {
    const first = sealSecret(plain, masterKey, { owner: 'a|b', field: 'c' });
    expect(() => openSecret(first, masterKey, { owner: 'a', field: 'b|c' })).toThrow(SecretUnreadable);
  });

  test('does not open once any character of it was edited', () => {
    // The last character of a part may hold unused bits, which decode to the same bytes.
    const ends = [sealed.lastIndexOf('.') - 1, sealed.length - 1];
    const places = Array.from(sealed, (_, at) => at).filter((at) => sealed[at] !== '.' && !ends.includes(at));
    for (const at of places) {
      expect(() => openSecret(flipped(sealed, at), masterKey, owner)).toThrow(SecretUnreadable);
    }
  });

  test('does not open with another key of the same owner in it', () => {
    const value = sealed.slice(dataKeyOf(sealed).length);
    expect(openSecret(dataKeyOf(sealed) + value, masterKey, owner)).toBe(plain);
    for (const version of [1, 2]) {
      const key = newDataKey(masterKey, owner.owner, version);
      expect(() => openSecret(key + value, masterKey, owner)).toThrow(SecretUnreadable);
    }
  });

  test.each(['', 'plain text', 'v2.a.b', 'v1.AAAA.AAAA', 'v1..', 'v1.a', sealed.slice(0, -30)])(
    'is not taken for one: %p',
    (text) => {
      expect(() => openSecret(text, masterKey, owner)).toThrow(SecretUnreadable);
    },
  );

  test('never says the secret when it refuses', () => {
    expect(() => openSecret(sealed, randomBytes(32), owner)).toThrow(/db_password/);
    expect(() => openSecret(plain, masterKey, owner)).not.toThrow(plain);
  });
});

describe('secrets of one owner', () => {
  const dataKey = newDataKey(masterKey, owner.owner, 7);

  test('are sealed with one key, whose version they tell', () => {
    const [one, other] = ['a', 'b'].map((text) => sealSecret(text, masterKey, owner, dataKey));
    expect([one, other].map((text) => dataKeyOf(text!))).toEqual([dataKey, dataKey]);
    expect(dataKeyVersion(one!)).toBe(7);
    expect(
      openSecret(sealSecret('c', masterKey, { ...owner, field: 'other' }, one), masterKey, {
        ...owner,
        field: 'other',
      }),
    ).toBe('c');
  });

  test("are not sealed with another owner's key", () => {
    expect(() => sealSecret('a', masterKey, { ...owner, owner: 'someone' }, dataKey)).toThrow(SecretUnreadable);
  });
});

describe('a new master key', () => {
  const next = randomBytes(32);

  test('seals, while the one before still opens', () => {
    expect(openSecret(sealed, [next, masterKey], owner)).toBe(plain);
    const anew = sealSecret(plain, [next, masterKey], owner);
    expect(anew.startsWith(currentPrefix(next))).toBe(true);
    expect(openSecret(anew, next, owner)).toBe(plain);
  });

  test('wraps what the one before has wrapped, which then opens nothing any more', () => {
    const anew = rewrapped(sealed, [next, masterKey], owner);
    expect(anew.startsWith(currentPrefix(next))).toBe(true);
    expect(openSecret(anew, next, owner)).toBe(plain);
    expect(() => openSecret(anew, masterKey, owner)).toThrow(SecretUnreadable);
    expect(anew.split('.')[4]).toBe(sealed.split('.')[4]);
  });

  test('wraps a key that seals nothing yet', () => {
    const dataKey = rewrapped(newDataKey(masterKey, owner.owner), [next, masterKey], owner);
    expect(openSecret(sealSecret(plain, next, owner, dataKey), next, owner)).toBe(plain);
  });

  test('wraps nothing that does not open', () => {
    expect(() => rewrapped(sealed, [next, masterKey], { ...owner, owner: 'someone' })).toThrow(SecretUnreadable);
    expect(() => rewrapped(sealed, next, owner)).toThrow(SecretUnreadable);
  });
});

describe('what was sealed in the former format', () => {
  // Sealed once by the code of that time, under this key.
  const formerKey = Buffer.from('+xRA6h7ufjkBxTab+2Pu95QKutU6sKXBznUgGlLRMsw=', 'base64');
  const former =
    'v1.i-G3X2CRiYgXv2CE5I-TOOZ34oZr9fcl18RK3F6d9my-QvxCUsar5gB6ivTZAuEsrytpYTGap4sy-BvA.kU_iPlLelH4VknRM1YRiAmRXFXt3fzuaHKtKUTqQUaEbWgV3WyU';

  test('opens, and is wrapped anew in the present one', () => {
    expect(openSecret(former, formerKey, owner)).toBe(plain);
    const anew = rewrapped(former, [masterKey, formerKey], owner);
    expect(openSecret(anew, masterKey, owner)).toBe(plain);
    expect(() => openSecret(former, formerKey, { ...owner, field: 'other' })).toThrow(SecretUnreadable);
  });
});
