import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import type pg from 'pg';
import { differenceOf, readCatalog } from './catalog.js';
import { hasShape, readShape } from './shape.js';
import { drifts } from '../test/drifts.js';
import { asSuperuser, asTenant } from '../test/provisioner.js';

let acme: TenantDatabase;
let client: pg.Client;
let born: readonly string[];
let shape: string;

beforeAll(async () => {
  acme = await createTenantDatabase();
  client = await asSuperuser(acme.database);
  born = await readCatalog(client);
  shape = await readShape(client);
});
afterAll(async () => {
  await client.end();
  await acme.drop();
});

/** What the catalog says of it, which is then undone. */
const differenceAfter = async (sql: string): Promise<readonly string[]> => {
  await client.query('BEGIN');
  try {
    await client.query(sql.replaceAll('%role', acme.role).replaceAll('%database', acme.database));
    // First: what the catalog sets for itself lasts until the end of the transaction, and the names in the shape depend on it.
    const shapeNow = await readShape(client);
    const difference = differenceOf(born, await readCatalog(client));
    // Or the catalog would not be read.
    if (difference.length > 0) expect(shapeNow).not.toBe(shape);
    return difference;
  } finally {
    await client.query('ROLLBACK');
  }
};

describe('a database that is not as its version says', () => {
  it.each(drifts)('shows %s', async (_, sql, difference) => {
    expect(await differenceAfter(sql)).toEqual(difference);
  });

  it('shows an extension more, and not each of its functions', async () => {
    expect(await differenceAfter('CREATE EXTENSION pg_trgm')).toEqual([
      expect.stringMatching(/^\+ extension pg_trgm [\d.]+ in public$/),
    ]);
  });

  it('shows an index whose building was cut short', async () => {
    const service = await asTenant(acme);
    await service.query(`INSERT INTO products (name, price) VALUES ('anvil', 1), ('anvil', 2)`);
    await service.end();
    await expect(client.query('CREATE UNIQUE INDEX CONCURRENTLY one_name ON products (name)')).rejects.toThrow(
      'could not create unique index',
    );
    expect(differenceOf(born, await readCatalog(client))).toEqual([
      '+ index public.one_name CREATE UNIQUE INDEX one_name ON public.products USING btree (name) invalid',
    ]);
    expect(await readShape(client)).not.toBe(shape);
    await client.query('DROP INDEX one_name');
    expect(await readShape(client)).toBe(shape);
  });

  it('is known by its shape alone: all that the newest version has is in it', () => {
    expect(hasShape(born)).toBe(true);
  });

  it.each([
    'view public.v owner o as  SELECT 1;',
    'type public.mood owner o enum',
    'table public.t owner o of public.u',
  ])('is looked at in whole where the version has %s', (line) => {
    expect(hasShape([...born, line])).toBe(false);
  });

  it('has no name of its own in it', () => {
    expect(born.filter((line) => line.includes(acme.database) || /\bt_[0-9a-f]/.test(line))).toEqual([]);
  });
});
