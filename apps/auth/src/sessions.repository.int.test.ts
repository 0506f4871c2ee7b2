import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { DataSource } from 'typeorm';
import { Session } from './session.entity.js';
import { SessionsRepository } from './sessions.repository.js';

let tenant: TenantDatabase;
let dataSource: DataSource;
let sessions: SessionsRepository;
let userId: string;

beforeAll(async () => {
  tenant = await createTenantDatabase();
  const { host, port, role: username, password, database } = tenant;
  dataSource = new DataSource({
    type: 'postgres',
    ...{ host, port, username, password, database, entities: [Session] },
    installExtensions: false,
  });
  await dataSource.initialize();
  sessions = new SessionsRepository(dataSource.getRepository(Session));
  const { rows } = await tenant.query(
    `INSERT INTO users (email, password_hash, first_name, last_name) VALUES ('a@b.test', 'x', 'A', 'B') RETURNING id`,
  );
  userId = String(rows[0]?.['id']);
});
afterAll(async () => {
  await dataSource.destroy();
  await tenant.drop();
});

describe('a session', () => {
  it('is opened for its user, not ended, with the time of the database', async () => {
    const id = await sessions.open(userId);
    const { rows } = await tenant.query(
      `SELECT id, user_id, ended_at, now() - created_at < interval '1 minute' AS recent FROM sessions`,
    );
    expect(rows).toEqual([{ id, user_id: userId, ended_at: null, recent: true }]);
  });

  it('is another one each time', async () => {
    expect(await sessions.open(userId)).not.toBe(await sessions.open(userId));
  });

  it('is not opened for somebody who does not exist', async () => {
    await expect(sessions.open(randomUUID())).rejects.toThrow(/foreign key/);
  });
});
