import { describe, expect, it } from '@jest/globals';
import { Window } from './window.js';

const spanMs = 60_000;
const endsAt = 10 * spanMs;

describe('a window', () => {
  it.each([
    [endsAt - spanMs, 100],
    [endsAt - spanMs / 2, 50],
    [endsAt - spanMs / 4, 25],
    [endsAt - 1, 0],
  ])('at %i counts of the span before what it still covers', (now, count) => {
    expect(new Window(endsAt, spanMs, 100).countAt(now)).toBe(count);
  });

  it('has room at once where nothing was let through', () => {
    expect(new Window(endsAt, spanMs, 0).roomInMs(endsAt - spanMs, 10)).toBe(0);
  });

  it.each([
    { before: 110, own: 0 },
    { before: 100, own: 40 },
    { before: 0, own: 100 },
    { before: 30, own: 100 },
  ])('of %j says when there is room, and then there is', ({ before, own }) => {
    const window = new Window(endsAt, spanMs, before);
    window.own = own;
    const now = endsAt - spanMs + 1;
    const roomAt = now + window.roomInMs(now, 100);
    const atThatTime = roomAt < endsAt ? window : new Window(endsAt + spanMs, spanMs, window.total);
    expect(atThatTime.countAt(roomAt + 1) + 1).toBeLessThanOrEqual(100);
    expect(roomAt).toBeGreaterThan(now);
  });
});
