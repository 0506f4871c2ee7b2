import { join } from 'node:path';
import { start as startPostgres } from '@tenantry/stack/servers/postgres.ts';
import pg from 'pg';
import { started, temporaryDir } from '../harness/owned.ts';

/** A tenant's database, as `pg` takes it. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** As long as the registry's ids, since an id takes room as well. */
export const tenantId = (number: number): string => `01990000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** Many databases on one PostgreSQL, each with 20 products of its own. */
export interface Fleet {
  readonly places: readonly Place[];
  readonly postgresPid: number;
  /** As superuser. */
  query(sql: string): Promise<unknown>;
}

export const readText = 'SELECT id, name, price, stock FROM products';
const password = 'of-the-bench-only';
const makersAtOnce = 3;
const serverConnections = 160;

const schema = `
  CREATE TABLE products (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, price numeric(12, 2) NOT NULL, stock int NOT NULL
  );
  INSERT INTO products (name, price, stock) SELECT 'product ' || n, n, n FROM generate_series(1, 20) n;
  GRANT SELECT ON products TO PUBLIC`;

/** Takes 8 MB of disk and about 40 ms a database; all of it goes with the run. */
export async function startFleet(
  databases: number,
  owned: AsyncDisposableStack,
  report: (text: string) => void,
): Promise<Fleet> {
  const dir = join(temporaryDir(owned), 'postgres');
  const options = { dir, password, maxConnections: serverConnections, fsync: false };
  const server = await started(startPostgres(options), owned);
  const admin = new pg.Pool({ connectionString: server.url, max: makersAtOnce });
  admin.on('error', () => undefined);
  owned.defer(() => admin.end());
  const { hostname: host, port } = new URL(server.url);
  await admin.query('CREATE DATABASE template_tenant');
  const template = new pg.Client({ host, port: Number(port), user: 'postgres', password, database: 'template_tenant' });
  template.on('error', () => undefined);
  await template.connect();
  await template.query(schema);
  await template.end();
  const places = Array.from({ length: databases }, (_, number): Place => {
    const name = `t_${tenantId(number).replaceAll('-', '')}`;
    return { host, port: Number(port), database: name, user: name, password };
  });
  const left = places.values();
  let made = 0;
  const make = async (): Promise<void> => {
    for (const { database, user } of left) {
      await admin.query(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
      await admin.query(`CREATE DATABASE ${database} TEMPLATE template_tenant OWNER ${user}`);
      if (++made % 100 === 0) report(`${made} of ${databases} databases made`);
    }
  };
  await Promise.all(Array.from({ length: makersAtOnce }, make));
  await admin.query('CHECKPOINT');
  return { places, postgresPid: server.pid, query: (sql) => admin.query(sql) };
}
