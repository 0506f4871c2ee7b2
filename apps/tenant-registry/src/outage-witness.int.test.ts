import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Operators, Tenants } from '@tenantry/contracts';
import { createLog, SecretUnreadable, ServiceError } from '@tenantry/service-kit';
import { testServers } from '@tenantry/testing';
import pg from 'pg';
import { AuditEventRow } from './audit/audit-event.entity.js';
import { AuditRepository } from './audit/audit.repository.js';
import { AuditTrail } from './audit/audit-trail.js';
import { OutageWitness } from './outage-witness.js';
import { createRegistryDatabase, type RegistryDatabase } from './test/registry-database.js';

const lines: string[] = [];
const log = createLog(
  { service: 'tenant-registry', instance: 'test', level: 'error' },
  { write: (line: string) => void lines.push(line) },
);
let database: RegistryDatabase;
let witness: OutageWitness;

beforeAll(async () => {
  database = await createRegistryDatabase([AuditEventRow]);
  const events = new AuditRepository(database.source.getRepository(AuditEventRow), { OPERATOR_AUDIT_DAYS: 365 });
  witness = new OutageWitness(new AuditTrail(events, log), log);
});
afterAll(() => database?.drop());

const outcomes = () => database.source.query('SELECT outcome FROM audit_events ORDER BY id');
const away = { code: 'service-unavailable', status: 503, retryAfterSeconds: 1 };

describe('a message of the registry', () => {
  it('that meets an outage is `service-unavailable` with its cause, in its record too', async () => {
    const cause = Object.assign(new Error('the server is leaving'), { code: '57P01' });
    await expect(witness.around(Operators.revoke, {}, () => Promise.reject(cause))).rejects.toMatchObject({
      ...away,
      cause,
    });
    expect(await outcomes()).toEqual([{ outcome: 'service-unavailable' }]);
  });

  it('that needs a secret which does not open is so too, and an alarm', async () => {
    const asking = witness.around(Tenants.find, {}, () => Promise.reject(new SecretUnreadable('x')));
    await expect(asking).rejects.toMatchObject(away);
    expect(lines.filter((line) => line.includes('ALARM: unreadable secret'))).toHaveLength(1);
  });

  it('that fails otherwise fails as it did', async () => {
    const defect = new TypeError('a defect');
    await expect(witness.around(Tenants.find, {}, () => Promise.reject(defect))).rejects.toBe(defect);
    const refusal = new ServiceError('conflict', 'no');
    await expect(witness.around(Tenants.find, {}, () => Promise.reject(refusal))).rejects.toBe(refusal);
  });

  it.each([
    ['a read', Tenants.find],
    ['a change, which would have to be recorded first,', Operators.revoke],
  ])('%s is `service-unavailable` while the database takes no connections', async (_, message) => {
    const { pathname } = new URL(database.url);
    const admin = new pg.Client({ connectionString: testServers().postgresUrl });
    await admin.connect();
    const name = pathname.slice(1);
    try {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await admin.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [name]);
      await expect(witness.around(message, {}, outcomes)).rejects.toMatchObject(away);
    } finally {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await admin.end();
    }
    expect(await witness.around(Tenants.find, {}, outcomes)).toHaveLength(1);
  });
});
