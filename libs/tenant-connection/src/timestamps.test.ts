import { describe, expect, it } from '@jest/globals';
import { toIsoTime } from './timestamps.js';

describe('a time read from PostgreSQL', () => {
  it.each([
    ['2026-11-23 09:24:22.122+00', '2026-11-23T09:24:22.122Z'],
    ['2026-11-23 09:24:22.1+00', '2026-11-23T09:24:22.100Z'],
    ['2026-11-23 09:24:22+00', '2026-11-23T09:24:22.000Z'],
    ['2026-11-23 11:24:22.122+02', '2026-11-23T09:24:22.122Z'],
    ['2026-11-23 09:24:22.122999+00', '2026-11-23T09:24:22.122Z'],
  ])('%s is %s', (text, iso) => {
    expect(toIsoTime(text)).toBe(iso);
  });
});
