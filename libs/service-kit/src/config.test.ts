import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { CommonConfig, InvalidConfig, masterKey, port, readConfig, wholeNumber } from './config.js';

const schema = z.object({
  DATABASE_URL: z.url(),
  PORT: port,
  MODE: z.enum(['fast', 'safe']),
  CACHE: wholeNumber(0, 10).default(3),
  STRICT: z.stringbool().optional(),
});
const good = { DATABASE_URL: 'postgres://localhost/x', PORT: '3000', MODE: 'fast' };

const faultsOf = (environment: NodeJS.ProcessEnv, of: z.ZodObject = schema): string => {
  try {
    readConfig(of, environment);
  } catch (error) {
    if (error instanceof InvalidConfig) return error.message;
    throw error;
  }
  return '';
};

describe('settings', () => {
  test('come typed, with defaults, and frozen', () => {
    const config = readConfig(schema, { ...good, UNRELATED: 'x' });
    expect(config).toEqual({ ...good, PORT: 3000, CACHE: 3 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('may each stand in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenantry-config-'));
    try {
      const { DATABASE_URL, ...rest } = good;
      const path = join(folder, 'database-url');
      writeFileSync(path, `${DATABASE_URL}\n`);
      expect(readConfig(schema, { ...rest, DATABASE_URL_FILE: path })).toMatchObject({ DATABASE_URL });
      expect(faultsOf({ ...good, DATABASE_URL_FILE: path })).toMatch(
        'DATABASE_URL_FILE: is set, and so is DATABASE_URL',
      );
      const missing = faultsOf({ ...rest, DATABASE_URL_FILE: join(folder, 'nothing') });
      expect(missing).toMatch('DATABASE_URL_FILE: the file cannot be read');
      writeFileSync(path, 'hunter2-no-url');
      const wrong = faultsOf({ ...rest, DATABASE_URL_FILE: path });
      expect(wrong).toMatch(/DATABASE_URL: /);
      expect(wrong).not.toMatch('hunter2');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('that are empty count as unset', () => {
    expect(readConfig(schema, { ...good, CACHE: '' }).CACHE).toBe(3);
    expect(faultsOf({ ...good, MODE: '' })).toMatch(/MODE: is not set/);
  });

  test('are refused all at once, each by its name', () => {
    const faults = faultsOf({ PORT: '99999', CACHE: 'many', MODE: 'reckless' });
    expect(faults.match(/^ {2}\w+/gm)).toEqual(['  DATABASE_URL', '  PORT', '  MODE', '  CACHE']);
  });

  test.each([
    ['DATABASE_URL', 'hunter2-no-url'],
    ['PORT', '70123'],
    ['PORT', 'hunter2'],
    ['PORT', '12.5'],
    ['PORT', '0x50'],
    ['PORT', ' '],
    ['MODE', 'hunter2'],
    ['CACHE', '4711'],
    ['STRICT', 'hunter2'],
  ])('never repeat the value of a wrong %s (%p)', (name, value) => {
    const faults = faultsOf({ ...good, [name]: value });
    expect(faults).toContain(`  ${name}: `);
    if (value.trim()) expect(faults).not.toContain(value);
  });

  test('of every process are all optional but the broker', () => {
    expect(faultsOf({}, CommonConfig).match(/^ {2}\w+/gm)).toEqual(['  NATS_URL', '  NATS_USER', '  NATS_PASSWORD']);
  });
});

describe('a master key', () => {
  const keyed = z.object({ MASTER_KEY: masterKey });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  test('is 32 random bytes', () => {
    const bytes = randomBytes(32);
    expect(readConfig(keyed, { MASTER_KEY: bytes.toString('base64') }).MASTER_KEY).toEqual(bytes);
  });

  test('is never refused when it is random', () => {
    for (let i = 0; i < 5000; i++) readConfig(keyed, { MASTER_KEY: randomBytes(32).toString('base64') });
  });

  test.each([
    ['missing', undefined],
    ['a placeholder', 'change-me'],
    ['a placeholder of the right length', 'changeme/changeme/changeme/changeme/changem='],
    ['short', randomBytes(31).toString('base64')],
    ['long', randomBytes(33).toString('base64')],
    ['hexadecimal', randomBytes(32).toString('hex')],
    ['one byte, repeated', Buffer.alloc(32, 7).toString('base64')],
    ['few bytes, repeated', Buffer.from('0123456789abcdef'.repeat(4), 'hex').toString('base64')],
    ['bytes in order', Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('base64')],
    ['a sentence', base64('correct horse battery staple 123')],
    ['followed by something', `${randomBytes(32).toString('base64')} # new`],
  ])('that is %s is refused, unseen', (_, value) => {
    const faults = faultsOf({ MASTER_KEY: value }, keyed);
    expect(faults).toContain('MASTER_KEY');
    if (value) expect(faults).not.toContain(value);
  });
});
