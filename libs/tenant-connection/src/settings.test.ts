import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type ConnectionSettings, settingsOf } from './settings.js';

describe('the settings', () => {
  it('have the defaults that the product promises', () => {
    expect(settingsOf()).toMatchObject({ maxConnectionsPerTenant: 10, idleCloseMs: 300_000, connectTimeoutMs: 3000 });
  });

  it.each([
    [{ connectTimeoutMs: 60_001 }, /connectTimeoutMs is 60001, but must be a whole number from 1 to 60000/],
    [{ budget: 0 }, /budget is 0/],
    [{ budget: 1.5 }, /budget is 1.5/],
    [{ idleCloseMs: Number.NaN }, /idleCloseMs is NaN/],
    [{ bugdet: 5 }, /there is no setting "bugdet"/],
  ])('refuse %j, naming the setting', (given, message) => {
    expect(() => settingsOf(given as Partial<ConnectionSettings>)).toThrow(message);
  });

  it('stand in the README, each with its default', () => {
    // Tables are padded to look well; the claim is about what they say.
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
    for (const [name, value] of Object.entries(settingsOf())) expect(readme).toContain(`| \`${name}\` | ${value} |`);
  });
});
