import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until, Wire, within } from '@tenantry/testing';
import { DataSource } from 'typeorm';
import { centralDatabase } from './central-database.js';
import { createRegistryDatabase, type RegistryDatabase } from './test/registry-database.js';

let registry: RegistryDatabase;
let wire: Wire;
let source: DataSource;

beforeAll(async () => {
  registry = await createRegistryDatabase([]);
  wire = await Wire.lay(registry.url);
  source = new DataSource({ ...centralDatabase(wire.url, 500), poolSize: 1 });
  await source.initialize();
});
afterAll(async () => {
  wire.remove();
  await source.destroy();
  await registry.drop();
});

const pid = async (): Promise<number> =>
  (await source.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid'))[0].pid;

describe("the registry's connection to its database", () => {
  it('that falls silent fails what was asked, and is not used again', async () => {
    const before = await pid();
    wire.fallSilent();
    await expect(within(5000, pid())).rejects.toThrow('Query read timeout');
    expect(await within(5000, pid())).not.toBe(before);
  });

  it('that falls silent in a transaction fails it, and the next one is done', async () => {
    const inTransaction = () =>
      source.transaction(async (manager) => {
        wire.fallSilent();
        await manager.query('SELECT 1');
      });
    await expect(within(5000, inTransaction())).rejects.toThrow('Query read timeout');
    await until('another transaction is done', 5000, () => source.transaction(async () => true));
  });
});
