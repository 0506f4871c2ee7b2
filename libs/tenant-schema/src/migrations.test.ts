import { describe, expect, it } from '@jest/globals';
import { migrations } from './migrations/index.js';

describe('the migrations of a tenant database', () => {
  it('are numbered from 1 without gaps', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1));
  });

  it('have plain, distinct names', () => {
    const names = migrations.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
