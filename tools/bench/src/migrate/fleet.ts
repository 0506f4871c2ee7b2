import { setTimeout as sleep } from 'node:timers/promises';
import { schemaVersion } from '@tenantry/tenant-schema';
import { setBack } from '@tenantry/testing';
import pg from 'pg';
import { Child } from '../harness/child.ts';
import type { Ours } from '../list/ours.ts';
import { inLanes, type Births, type Wish } from '../provisioning/lanes.ts';

/** Tenants of the registry, and their databases. */
export interface Fleet {
  readonly databases: readonly string[];
  /** Makes all of them as they were before the newest migration, in their databases and for the registry. */
  setBack(): Promise<void>;
}

const atOnce = 8;
const bornWithinMs = 120_000;
/** Instances ask each second or so which tenants have changed: not while anything is measured. */
const restMs = 2000;

async function inside<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Makes so many tenants as an operator does. */
export async function makeFleet(
  ours: Ours,
  tenants: number,
  owned: AsyncDisposableStack,
  report: (text: string) => void,
): Promise<Fleet> {
  const { url: ORIGIN, operatorKey: OPERATOR_KEY, plan: PLAN } = ours;
  const urlOf = (database: string) => Object.assign(new URL(ours.databaseUrl), { pathname: `/${database}` }).href;
  const operator = await Child.start(owned, 'provisioning/operator.ts', { ORIGIN, OPERATOR_KEY, PLAN });
  report(`making ${tenants} tenants`);
  await operator.ask<Births>({ tenants, atOnce } satisfies Wish, bornWithinMs);
  const databases = await inside(urlOf('registry'), async (registry) => {
    const { rows } = await registry.query<{ name: string }>(
      `SELECT db_name AS name FROM tenants WHERE slug ~ '^born-' ORDER BY id`,
    );
    // What was written so far is not written to disk beside what is measured.
    await registry.query('CHECKPOINT');
    return rows.map(({ name }) => name);
  });
  return {
    databases,
    setBack: async () => {
      const left = databases.values();
      await inLanes(() => inside(urlOf(left.next().value!), async (client) => void (await setBack(client))), {
        tenants: databases.length,
        atOnce,
      });
      await inside(urlOf('registry'), (registry) =>
        registry.query('UPDATE tenants SET schema_version = $1 WHERE db_name = ANY ($2)', [
          schemaVersion - 1,
          databases,
        ]),
      );
      await sleep(restMs);
    },
  };
}
