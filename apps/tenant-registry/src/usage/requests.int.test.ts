import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createRegistryDatabase, type RegistryDatabase } from '../test/registry-database.js';
import { RequestsRepository } from './requests.repository.js';

let database: RegistryDatabase;
let requests: RequestsRepository;

beforeAll(async () => {
  database = await createRegistryDatabase([]);
  requests = new RequestsRepository(database.source);
});
afterAll(() => database?.drop());

it('requests told of by several gateways at once are all there, once', async () => {
  const ids = Array.from({ length: 50 }, () => randomUUID());
  const counts = ids.map((tenantId) => ({ tenantId, requests: 3 }));
  await Promise.all(
    Array.from({ length: 8 }, (_, gateway) => requests.add(gateway % 2 ? counts : counts.toReversed())),
  );
  for (const id of ids) expect(await requests.of(id)).toEqual({ today: 24, last30Days: 24 });
});

it('thirty days are summed, and what is older than they are kept is removed when the tenant is heard of', async () => {
  const tenantId = randomUUID();
  await database.source.query(
    `INSERT INTO tenant_requests SELECT $1, (now() AT TIME ZONE 'UTC')::date - age, 10 FROM unnest('{29,30,400,401}'::int[]) age`,
    [tenantId],
  );
  await requests.add([{ tenantId, requests: 1 }]);
  expect(await requests.of(tenantId)).toEqual({ today: 1, last30Days: 11 });
  const kept = await database.source.query<object[]>('SELECT 1 FROM tenant_requests WHERE tenant_id = $1', [tenantId]);
  expect(kept).toHaveLength(4);
});

it('a tenant nobody has counted has none', async () => {
  expect(await requests.of(randomUUID())).toEqual({ today: 0, last30Days: 0 });
});
