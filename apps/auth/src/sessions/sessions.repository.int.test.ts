import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditTrail } from '@tenantry/audit';
import type { TenantConnections } from '@tenantry/tenant-connection';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { hashOfSecret, newFamilyKey, newSecret } from './refresh-token.js';
import { keptFrom, SessionsRepository } from './sessions.repository.js';
import { addUser, connectionsTo } from '../test/tenant.js';

let tenant: TenantDatabase;
let connections: TenantConnections;
let sessions: SessionsRepository;
let userId: string;

beforeAll(async () => {
  tenant = await createTenantDatabase();
  connections = connectionsTo([tenant]);
  sessions = new SessionsRepository(connections);
});
beforeEach(async () => {
  userId = await addUser(tenant);
});
afterAll(async () => {
  await connections.close();
  await tenant.drop();
});

const within = <Result>(work: () => Promise<Result>) => connections.runInTenant(tenant.tenantId, work);
const family = () => ({ key: newFamilyKey(), hash: hashOfSecret(newSecret()) });
const kept = (id: string) =>
  new AuditTrail(connections, 365).appendingTo('opened', keptFrom, { action: 'auth.login', userId: id });
const opening = (id = userId, securityVersion = 1, address = '192.0.2.7') =>
  within(() => sessions.open({ id, roles: [], securityVersion }, family(), kept(id), { address, agent: 'curl/8' }));
const open = async (id = userId, securityVersion = 1) => (await opening(id, securityVersion))?.id;

describe('a session', () => {
  it('is opened for its user, not ended, with the time of the database', async () => {
    const id = await open();
    const { rows } = await tenant.query(
      `SELECT id, user_id, address, user_agent, ended_at, now() - created_at < interval '1 minute' AS recent,
        extract(day FROM expires_at - created_at)::int AS absolute, extract(day FROM idle_expires_at - created_at)::int AS idle
       FROM sessions WHERE id = $1`,
      [id],
    );
    expect(rows).toEqual([
      {
        ...{ id, user_id: userId, address: '192.0.2.7', user_agent: 'curl/8', ended_at: null, recent: true },
        ...{ absolute: 30, idle: 7 },
      },
    ]);
  });

  it('is another one each time', async () => {
    expect(await open()).not.toBe(await open());
  });

  it.each([
    ['who does not exist', () => open(randomUUID())],
    ['whose password was another one when it was checked', () => open(userId, 2)],
  ])('is not opened for somebody %s', async (_, attempt) => {
    expect(await attempt()).toBeUndefined();
  });

  it('is not opened for somebody who is disabled at that moment, before or after', async () => {
    for (let round = 0; round < 20; round++) {
      const id = await addUser(tenant);
      const [opened] = await Promise.all([
        open(id),
        tenant
          .query('UPDATE users SET active = false, security_version = 2 WHERE id = $1', [id])
          .then(() =>
            tenant.query(`UPDATE sessions SET ended_at = now(), ended_why = 'disabled' WHERE user_id = $1`, [id]),
          ),
      ]);
      const { rows } = await tenant.query('SELECT ended_why FROM sessions WHERE user_id = $1', [id]);
      expect(rows).toEqual(opened === undefined ? [] : [{ ended_why: 'disabled' }]);
    }
  });

  it('tells from which address somebody has logged in before, of IPv6 from which network', async () => {
    await open();
    await opening(userId, 1, '2001:db8:1:2:3:4:5:6');
    const { rows } = await tenant.query('SELECT email FROM users WHERE id = $1', [userId]);
    const email = String(rows[0]?.['email']);
    const was = (address: string, who = email) => within(() => sessions.wasOpenedFrom(address, who));
    expect(await was('192.0.2.7')).toBe(true);
    expect(await was('192.0.2.8')).toBe(false);
    expect(await was('192.0.2.7', 'somebody@acme.test')).toBe(false);
    expect(await was('2001:0DB8:1:2::7')).toBe(true);
    expect(await was('2001:db8:1:3:3:4:5:6')).toBe(false);
    expect(await was('::ffff:192.0.2.7')).toBe(true);
    expect(await was('::ffff:192.0.2.8')).toBe(false);
  });

  it('beyond the hundredth ends the one that was not used for longest', async () => {
    await tenant.query(
      `INSERT INTO sessions (user_id, refresh_hash, refresh_key, expires_at, idle_expires_at, last_used_at)
       SELECT $1, '', '', now() + interval '1 day', now() + interval '1 day', now() - n * interval '1 minute'
       FROM generate_series(1, 99) AS n`,
      [userId],
    );
    expect(await opening()).toMatchObject({ crowds: false });
    expect(await opening()).toMatchObject({ crowds: true });
    const ended = await within(() => sessions.makeRoom(userId, 'too-many'));
    const { rows } = await tenant.query(
      `SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL ORDER BY last_used_at LIMIT 1`,
      [userId],
    );
    expect(rows.map(({ id }) => id)).toEqual(ended);
    expect(await within(() => sessions.list(userId))).toHaveLength(100);
  });

  it('long ended is forgotten when another is opened, and not before it is of no more use', async () => {
    await tenant.query(
      `INSERT INTO sessions (user_id, refresh_hash, refresh_key, expires_at, idle_expires_at, ended_at, ended_why)
       SELECT $1, '', '', now() + interval '30 days', now() + interval '7 days', now() - days * interval '1 day', 'logout'
       FROM unnest(ARRAY[89, 91]) AS days`,
      [userId],
    );
    expect(await opening()).toMatchObject({ crowds: true });
    await within(() => sessions.makeRoom(userId, 'too-many'));
    expect(await opening()).toMatchObject({ crowds: false });
    const { rows } = await tenant.query(
      'SELECT count(*)::int AS kept FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL',
      [userId],
    );
    expect(rows).toEqual([{ kept: 1 }]);
  });
});
