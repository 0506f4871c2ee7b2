import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate } from '@tenantry/tenant-schema';
import pg from 'pg';
import { CentralDatabase } from '../central-database.js';
import { migrations } from '../migrations/index.js';
import { announcedSeconds, SigningKeys } from './signing-keys.js';
import { log } from '../test/bus.js';
import { createCentralDatabase, type CentralDatabase as TestDatabase } from '../test/central-database.js';

const masterKey = randomBytes(32);
let central: TestDatabase;

beforeEach(async () => {
  central = await createCentralDatabase();
});
afterEach(async () => {
  await Promise.all(databases.splice(0).map((one) => one.onApplicationShutdown()));
  await central.drop();
});

const databases: CentralDatabase[] = [];
const database = (): CentralDatabase => {
  const opened = new CentralDatabase({ AUTH_DATABASE_URL: central.url }, log);
  databases.push(opened);
  return opened;
};
const open = (key = masterKey) => SigningKeys.open(database(), key);
/** Lets the keys be older than they are. */
const age = (seconds: number) =>
  central.query(`UPDATE signing_keys SET signs_from = signs_from - interval '${seconds} s'`);

describe('the signing keys', () => {
  it('are made at the first start and the same at the next', async () => {
    const first = await open();
    const second = await open();
    expect(first.published).toHaveLength(1);
    expect(second.published).toEqual(first.published);
    expect(second.current.privateKey.equals(first.current.privateKey)).toBe(true);
  });

  it('are one and the same for ten instances that start at once', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => open()));
    expect(new Set(all.map(({ current }) => current.publicKey.kid)).size).toBe(1);
    const { rows } = await central.query('SELECT count(*)::int FROM signing_keys');
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('stand in the database sealed', async () => {
    const { current } = await open();
    const { rows } = await central.query('SELECT * FROM signing_keys');
    const { d } = current.privateKey.export({ format: 'jwk' });
    expect(rows[0]?.['kid']).toBe(current.publicKey.kid);
    expect(rows[0]?.['private_key']).toMatch(/^v2\./);
    expect(JSON.stringify(rows)).not.toContain(d);
    expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
  });

  it('do not open with another master key, and are not replaced', async () => {
    const { published } = await open();
    await expect(open(randomBytes(32))).rejects.toThrow('does not open');
    expect((await open()).published).toEqual(published);
  });
});

describe('a new master key', () => {
  it('has them wrapped anew at the first start, which then needs the one before no more', async () => {
    const { published } = await open();
    const next = randomBytes(32);
    expect((await SigningKeys.open(database(), [next, masterKey])).published).toEqual(published);
    expect((await open(next)).published).toEqual(published);
  });
});

describe('a rotation', () => {
  const kidOf = (keys: SigningKeys): string => keys.current.publicKey.kid;
  const kids = (keys: SigningKeys): string[] => keys.published.map(({ kid }) => kid);

  it('announces the next key, which signs when every gateway knows it', async () => {
    const keys = await open();
    const first = kidOf(keys);
    await keys.rotate();
    expect(keys.published).toHaveLength(2);
    expect(kidOf(keys)).toBe(first);
    await age(announcedSeconds + 1);
    await keys.read();
    expect(kidOf(keys)).toBe(kids(keys)[0]);
    expect(kidOf(keys)).not.toBe(first);
    expect(kids(keys)).toContain(first);
  });

  it('takes the old key away when no token of it can live, and not before', async () => {
    const keys = await open();
    await keys.rotate();
    await age(announcedSeconds + 600);
    await keys.rotate(3600);
    expect(keys.published).toHaveLength(2);
    await age(121);
    await keys.rotate(3600);
    expect(keys.published).toHaveLength(1);
    expect(kidOf(keys)).toBe(kids(keys)[0]);
  });

  it('is made once, however many instances want it, and when it is due', async () => {
    const all = await Promise.all([open(), open(), open()]);
    await Promise.all(all.map((keys) => keys.rotate(3600)));
    expect(all[0].published).toHaveLength(1);
    await age(3601);
    await Promise.all(all.map((keys) => keys.rotate(3600)));
    await Promise.all(all.map((keys) => keys.read()));
    for (const keys of all) expect(kids(keys)).toEqual(kids(all[0]));
    expect(all[0].published).toHaveLength(2);
  });

  it('is learnt by the other instances', async () => {
    const [one, other] = [await open(), await open()];
    await one.rotate();
    await other.read();
    expect(kids(other)).toEqual(kids(one));
  });

  it('after a theft leaves no other key', async () => {
    const keys = await open();
    const stolen = kidOf(keys);
    await keys.rotate();
    await keys.replace();
    expect(kids(keys)).toEqual([kidOf(keys)]);
    expect(kidOf(keys)).not.toBe(stolen);
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
    expect(versions).toEqual([3, 3, 3]);
    expect((await open()).published).toEqual(published);
  });
});
