import { describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { type CursorBinding, cursorKey, decodeCursor, encodeCursor } from './cursor.js';

const masterKey = randomBytes(32);
const key = cursorKey({ MASTER_KEY: masterKey }, 'products');
const binding: CursorBinding = {
  tenantId: randomUUID(),
  list: 'products.list',
  sort: 'name',
  filters: { q: 'a', active: true },
};
const position = ['Zoë, "chair"', randomUUID()];
const cursor = encodeCursor(key, binding, position);

const reading =
  (text: string, under: CursorBinding = binding, by = key) =>
  () =>
    decodeCursor(by, under, text);
const invalid = expect.objectContaining({ code: 'invalid-cursor' });

describe('a cursor', () => {
  it('comes back as the position it was made of', () => {
    expect(decodeCursor(key, binding, cursor)).toEqual(position);
  });

  it('is plain URL text, short enough for the contract', () => {
    expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,512}$/);
  });

  it.each<[string, Partial<CursorBinding>]>([
    ['tenant', { tenantId: randomUUID() }],
    ['list', { list: 'users.list' }],
    ['sort', { sort: '-name' }],
    ['filter value', { filters: { q: 'b', active: true } }],
    ['set of filters', { filters: { q: 'a' } }],
  ])('is refused for another %s', (_, change) => {
    expect(reading(cursor, { ...binding, ...change })).toThrow(invalid);
  });

  it('does not care in which order filters were given, nor about those left out', () => {
    const same = { ...binding, filters: { active: true, managedBy: undefined, q: 'a' } };
    expect(decodeCursor(key, same, cursor)).toEqual(position);
  });

  it('of one service is refused by another that has the same master key', () => {
    expect(reading(cursor, binding, cursorKey({ MASTER_KEY: masterKey }, 'users'))).toThrow(invalid);
  });

  it('is read under its own key whatever the master key is by now, and under no other', () => {
    const own = { MASTER_KEY: randomBytes(32), CURSOR_KEY: randomBytes(32) };
    const made = encodeCursor(cursorKey(own, 'products'), binding, position);
    const renewed = cursorKey({ ...own, MASTER_KEY: randomBytes(32) }, 'products');
    expect(decodeCursor(renewed, binding, made)).toEqual(position);
    expect(reading(made, binding, cursorKey({ ...own, CURSOR_KEY: randomBytes(32) }, 'products'))).toThrow(invalid);
  });

  it('is refused when any one character was changed, added or removed', () => {
    const edits = [...cursor].flatMap((character, at) => {
      const [before, after] = [cursor.slice(0, at), cursor.slice(at + 1)];
      return [before + (character === 'A' ? 'B' : 'A') + after, before + after, `${before}!${character}${after}`];
    });
    for (const edit of edits) expect(reading(edit)).toThrow(invalid);
  });

  it.each(['', 'x', '====', 'null', '\u0000', 'AAAAAAAAAAAAAAAAAAAAAA'])('is refused when it is %j', (text) => {
    expect(reading(text)).toThrow(invalid);
  });
});
