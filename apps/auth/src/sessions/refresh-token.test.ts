import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isGenuine, newFamilyKey, newSecret, readRefreshToken, writeRefreshToken } from './refresh-token.js';

const key = newFamilyKey();
const said = { tenantId: randomUUID(), sessionId: randomUUID(), counter: 4_000_000_000, secret: newSecret() };
const text = writeRefreshToken(said, key);

describe('a refresh token', () => {
  it('says its tenant, its session, its place in the family, and its secret', () => {
    expect(readRefreshToken(text)).toMatchObject(said);
  });

  it('is genuine in its own family alone', () => {
    const read = readRefreshToken(text)!;
    expect(isGenuine(read, key)).toBe(true);
    expect(isGenuine(read, newFamilyKey())).toBe(false);
  });

  it('is no longer genuine, or none at all, whichever of its characters is another', () => {
    for (let at = 0; at < text.length; at++) {
      const other = readRefreshToken(text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1));
      expect(other && isGenuine(other, key)).not.toBe(true);
    }
  });

  it.each([
    '',
    'x',
    text.slice(1),
    `${text}A`,
    `${text}=`,
    ` ${text}`,
    text.replace(/.$/, '!'),
    randomBytes(68).toString('base64'),
    randomBytes(67).toString('base64url'),
  ])('is not %j', (other) => {
    expect(readRefreshToken(other)).toBeUndefined();
  });

  it('has one spelling', () => {
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((last) => text.slice(0, -1) + last)
      .filter((other) => other !== text && Buffer.from(other, 'base64url').equals(Buffer.from(text, 'base64url')));
    expect(spellings.length).toBeGreaterThan(0);
    for (const spelling of spellings) expect(readRefreshToken(spelling)).toBeUndefined();
  });
});
