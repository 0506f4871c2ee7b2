import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openSecret, sealSecret, SecretUnreadable } from './secrets.js';

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

  test('does not open with the key of another secret in it', () => {
    const [format, , value] = sealed.split('.');
    const [, otherKey] = sealSecret('other', masterKey, owner).split('.');
    expect(() => openSecret(`${format}.${otherKey}.${value}`, masterKey, owner)).toThrow(SecretUnreadable);
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
