import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { type Place, toPlace } from './place.js';
import { ScramClient } from './scram-client.js';
import { placeOf } from './test/places.js';

let tenant: TenantDatabase;
let place: Place;

/** Connects, and says as whom. */
const connectWith = async (password: string, as = place): Promise<string> => {
  const { host, port, database, role } = as;
  const client = new ScramClient({ host, port, database, user: role, password }, as);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<{ role: string }>('SELECT current_user AS role')).rows[0]?.role ?? '';
  } finally {
    await client.end();
  }
};

beforeAll(async () => {
  tenant = await createTenantDatabase();
  place = toPlace(await placeOf(tenant));
});
afterAll(() => tenant.drop());

describe('a client that keeps its keys', () => {
  it('gets in the first time, and again with what it kept', async () => {
    expect(await connectWith(tenant.password)).toBe(tenant.role);
    // The password is not asked for again: so it was the keys.
    expect(await connectWith('not-asked-for')).toBe(tenant.role);
  });

  it('is refused with a wrong password, each time', async () => {
    const fresh = toPlace(await placeOf(tenant));
    for (let time = 0; time < 2; time++)
      await expect(connectWith('wrong', fresh)).rejects.toMatchObject({ code: '28P01' });
    expect(await connectWith(tenant.password, toPlace(await placeOf(tenant)))).toBe(tenant.role);
  });

  it('derives anew when the server asks with another salt, and leaves unusual passwords to pg', async () => {
    const { role } = place;
    await tenant.query(`ALTER ROLE ${role} PASSWORD 'second'`);
    await expect(connectWith('first')).rejects.toMatchObject({ code: '28P01' });
    await tenant.query(`ALTER ROLE ${role} PASSWORD 'third'`);
    expect(await connectWith('third')).toBe(role);
    await tenant.query(`ALTER ROLE ${role} PASSWORD 'Straße № 5'`);
    expect(await connectWith('Straße № 5')).toBe(role);
  });
});
