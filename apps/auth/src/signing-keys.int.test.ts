import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate } from '@tenantry/tenant-schema';
import pg from 'pg';
import { migrations } from './migrations/index.js';
import { SigningKeys } from './signing-keys.js';
import { createCentralDatabase, type CentralDatabase } from './test/central-database.js';

const masterKey = randomBytes(32);
let central: CentralDatabase;

beforeEach(async () => {
  central = await createCentralDatabase();
});
afterEach(() => central.drop());

const open = () => SigningKeys.open(central.url, masterKey);

describe('the signing keys', () => {
  it('are made at the first start and the same at the next', async () => {
    const first = await open();
    const second = await open();
    expect(first.published).toHaveLength(1);
    expect(second.published).toEqual(first.published);
    expect(second.current.privateKey.equals(first.current.privateKey)).toBe(true);
  });

  it('are one and the same for ten instances that start at once', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, open));
    expect(new Set(all.map(({ current }) => current.publicKey.kid)).size).toBe(1);
    const { rows } = await central.query('SELECT count(*)::int FROM signing_keys');
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('stand in the database sealed', async () => {
    const { current } = await open();
    const { rows } = await central.query('SELECT * FROM signing_keys');
    const { d } = current.privateKey.export({ format: 'jwk' });
    expect(rows[0]?.['kid']).toBe(current.publicKey.kid);
    expect(rows[0]?.['private_key']).toMatch(/^v1\./);
    expect(JSON.stringify(rows)).not.toContain(d);
    expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
  });

  it('do not open with another master key, and are not replaced', async () => {
    const { published } = await open();
    await expect(SigningKeys.open(central.url, randomBytes(32))).rejects.toThrow('does not open with this master key');
    expect((await open()).published).toEqual(published);
  });

  it('are signed with by the newest and published all', async () => {
    const { current: old } = await open();
    await central.query(`UPDATE signing_keys SET kid = 'aside'`);
    const { rows } = await central.query('SELECT private_key FROM signing_keys');
    await central.query('DELETE FROM signing_keys');
    const { current: newest } = await open();
    await central.query(
      `INSERT INTO signing_keys VALUES ('aside', '${String(rows[0]?.['private_key'])}', now() - interval '1 day')`,
    );
    const both = await open();
    expect(both.current.publicKey).toEqual(newest.publicKey);
    expect(both.published).toEqual([newest.publicKey, old.publicKey]);
  });
});

describe('the migrations of auth', () => {
  it('change nothing when run again, also by several at once', async () => {
    const { published } = await open();
    const versions = await Promise.all(
      [1, 2, 3].map(async () => {
        const client = new pg.Client({ connectionString: central.url });
        await client.connect();
        return migrate(client, migrations).finally(() => client.end());
      }),
    );
    expect(versions).toEqual([2, 2, 2]);
    expect((await open()).published).toEqual(published);
  });
});
