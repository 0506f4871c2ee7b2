import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog, Metrics } from '@tenantry/service-kit';
import { OwnPostgres } from '@tenantry/testing';
import { DataSource } from 'typeorm';
import { ReadReplica } from './read-replica.js';

let primary: OwnPostgres;
let standby: OwnPostgres;
let source: DataSource;
let replica: ReadReplica;
const said: { level: string; msg: string }[] = [];
const metrics = new Metrics('tenant-registry');

const configOf = (url: string | undefined) => ({ REGISTRY_REPLICA_URL: url, REGISTRY_REPLICA_MAX_LAG_SECONDS: 1 });
const hear = (line: string): void => void said.push(JSON.parse(line) as (typeof said)[number]);
const log = createLog({ service: 'tenant-registry', instance: 'test', level: 'info' }, { write: hear });

beforeAll(async () => {
  primary = await OwnPostgres.start();
  source = await new DataSource({ type: 'postgres', url: primary.url, installExtensions: false }).initialize();
  await source.query('CREATE TABLE notes (text text)');
  standby = await primary.standby();
  replica = new ReadReplica(source, configOf(standby.url), log, metrics);
  await replica.onApplicationBootstrap();
}, 60_000);
afterAll(async () => {
  await replica?.onApplicationShutdown();
  await source?.destroy();
  await standby?.stop();
  await primary?.stop();
}, 60_000);

const servedBy = (): Promise<string> =>
  replica.read(async (from) => {
    const [row] = await from.query<{ is_replica: boolean }[]>('SELECT pg_is_in_recovery() AS is_replica');
    return row?.is_replica ? 'replica' : 'primary';
  });
const untilServedBy = async (server: string): Promise<void> => {
  for (const late = Date.now() + 30_000; (await servedBy()) !== server && Date.now() < late;) await sleep(50);
  expect(await servedBy()).toBe(server);
};
const onStandby = async (sql: string): Promise<void> => {
  const client = await new DataSource({ type: 'postgres', url: standby.url, installExtensions: false }).initialize();
  await client.query(sql).finally(() => client.destroy());
};
const warnings = () => said.filter(({ level }) => level === 'warn');

describe('what may lag', () => {
  it('is read on a replica that follows', async () => {
    await source.query(`INSERT INTO notes VALUES ('streamed')`);
    await untilServedBy('replica');
    for (const late = Date.now() + 30_000; Date.now() < late; await sleep(20)) {
      const rows = await replica.read((from) => from.query<object[]>('SELECT text FROM notes'));
      if (rows.length > 0) break;
    }
    expect(await replica.read((from) => from.query('SELECT text FROM notes'))).toEqual([{ text: 'streamed' }]);
    expect(await metrics.page()).toMatch(/^tenantry_registry_replica_in_use\{.*\} 1$/m);
  });

  it('is read on the primary while the replica is behind, which is said once', async () => {
    said.length = 0;
    await onStandby('SELECT pg_wal_replay_pause()');
    await source.query(`INSERT INTO notes VALUES ('late')`);
    await untilServedBy('primary');
    expect({ state: replica.state, lags: replica.lagSeconds > 1 }).toEqual({ state: 'behind', lags: true });
    await sleep(2500);
    expect(warnings()).toMatchObject([{ msg: expect.stringContaining('cannot be read from'), state: 'behind' }]);
    await onStandby('SELECT pg_wal_replay_resume()');
    await untilServedBy('replica');
  });

  it('is answered by the primary in the very request in which the replica fails, which is said once', async () => {
    await untilServedBy('replica');
    said.length = 0;
    await standby.stop();
    const answers = await Promise.all([1, 2, 3].map(servedBy));
    expect(answers).toEqual(['primary', 'primary', 'primary']);
    await sleep(2500);
    expect({ state: replica.state, warnings: warnings().length }).toEqual({ state: 'away', warnings: 1 });
    expect(await metrics.page()).toMatch(/^tenantry_registry_replica_in_use\{.*\} 0$/m);
  });
});

it('a server that is no replica of anything is not read', async () => {
  const other = new ReadReplica(source, configOf(primary.url), log, new Metrics('tenant-registry'));
  await other.onApplicationBootstrap();
  expect(other.state).toBe('away');
  await other.onApplicationShutdown();
});

it('the metrics of a replica have no value where there is none', async () => {
  const told = new Metrics('tenant-registry');
  await new ReadReplica(source, configOf(undefined), log, told).onApplicationBootstrap();
  expect(await told.page()).toContain('# TYPE tenantry_registry_replica_in_use gauge');
  expect(await told.page()).not.toMatch(/^tenantry_registry_replica/m);
});
