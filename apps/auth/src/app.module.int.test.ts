import { createPublicKey, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { AccessTokenClaims, Auth, Login, type Problem, type ReplyOf, Tenants, Users } from '@tenantry/contracts';
import { type ContextSigner, type Messages, sealSecret } from '@tenantry/service-kit';
import { schemaVersion } from '@tenantry/tenant-schema';
import { createTenantDatabase, type TenantDatabase } from '@tenantry/testing';
import { connect, disconnectAll, issuer, standIn } from './test/bus.js';
import { createCentralDatabase, type CentralDatabase } from './test/central-database.js';
import { startAuth } from './test/service.js';

const masterKey = randomBytes(32);
const password = 'anvil-orbit-walnut-9';

type Answer = ReplyOf<typeof Auth.login> | Problem;

let acme: TenantDatabase;
let central: CentralDatabase;
let service: INestMicroservice;
let gateway: { signer: ContextSigner; messages: Messages };
let userId: string;

beforeAll(async () => {
  [acme, central] = await Promise.all([createTenantDatabase(), createCentralDatabase()]);
  const { rows } = await acme.query(
    `INSERT INTO users (email, password_hash, first_name, last_name) VALUES ('ada@acme.test', 'x', 'A', 'L') RETURNING id`,
  );
  userId = String(rows[0]?.['id']);
  const { host, port, database, role } = acme;
  standIn(await connect('tenant-registry'), Tenants.locate, async ({ id }) => ({
    ...{ id, slug: 'acme', name: 'Acme', plan: 'standard', state: 'active' as const, schemaVersion, generation: 1 },
    ...{ host, port, database, role },
    password: await sealSecret(acme.password, masterKey, { owner: id, field: 'db_password' }),
    limits: { requestsPerMinute: 1000, maxConnections: 5, maxDatabaseBytes: 1e9, maxUsers: 100 },
    signUp: false,
  }));
  standIn(await connect('users'), Users.verifyPassword, (request) =>
    request.password === password
      ? { id: userId, roles: ['viewer'], securityVersion: 1 }
      : { problem: 'invalid-credentials' },
  );
  gateway = await issuer(await connect('gateway'), 'gateway');
  service = await startAuth({
    MASTER_KEY: masterKey,
    CONNECTION_BUDGET: 10,
    AUTH_DATABASE_URL: central.url,
    SIGNING_KEY_DAYS: 30,
    AUDIT_DAYS: 365,
  });
});
afterAll(async () => {
  await service.close();
  await disconnectAll();
  await Promise.all([acme.drop(), central.drop()]);
});

/** Logs in as somebody not known yet, the way the gateway does. */
async function login(given: string, tenantId: string | null = acme.tenantId) {
  const context = await gateway.signer.sign({
    ...{ audience: 'auth', sub: 'anonymous', tenant: tenantId, session: null, permissions: [] },
  });
  const envelope = { tenantId, context, requestId: randomUUID(), deadlineAt: performance.now() + 5000 };
  const credentials = JSON.stringify({ email: 'ada@acme.test', password: given, limitedForSeconds: null });
  const { status, body } = await gateway.messages.send(Auth.login, credentials, envelope);
  return { status, body: JSON.parse(Buffer.from(body).toString()) as Answer };
}

async function claimsOf(body: Answer): Promise<AccessTokenClaims> {
  const { keys } = await gateway.messages.ask(Auth.jwks, {});
  const { kty, crv, x, y } = keys[0]!;
  const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const token = Login.parse(body).accessToken;
  return AccessTokenClaims.parse(
    await new JwtService({}).verifyAsync(token, { publicKey: pem, algorithms: ['ES256'] }),
  );
}

const sessions = async () => (await acme.query('SELECT id, user_id FROM sessions ORDER BY id')).rows;

describe('the auth service', () => {
  it('gives a token of its own keys, for a session in the database of the tenant', async () => {
    const { status, body } = await login(password);
    expect(status).toBe(200);
    const { sid, ...claims } = await claimsOf(body);
    expect(claims).toMatchObject({ sub: userId, tid: acme.tenantId, roles: ['viewer'] });
    expect(await sessions()).toEqual([{ id: sid, user_id: userId }]);
  });

  it('gives nothing for a wrong password, and leaves no session', async () => {
    const before = await sessions();
    expect(await login('wrong')).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } });
    expect(await sessions()).toEqual(before);
  });

  it('answers outside of a tenant as to a wrong password', async () => {
    const wrong = await login('wrong');
    expect(await login('wrong', null)).toEqual(wrong);
  });

  it('goes on signing and publishing while its central database is away', async () => {
    const before = await gateway.messages.ask(Auth.jwks, {});
    await central.drop();
    const { status, body } = await login(password);
    expect(status).toBe(200);
    expect(await claimsOf(body)).toMatchObject({ sub: userId });
    expect(await gateway.messages.ask(Auth.jwks, {})).toEqual(before);
  });

  it('lets in who has as many sessions as one can have while that database is away, and ends the oldest', async () => {
    await central.drop();
    await acme.query(
      `INSERT INTO sessions (user_id, refresh_hash, refresh_key, expires_at, idle_expires_at, last_used_at)
       SELECT $1, '', '', now() + interval '1 day', now() + interval '1 day', now() - n * interval '1 minute'
       FROM generate_series(1, 100) AS n`,
      [userId],
    );
    expect(await login(password)).toMatchObject({ status: 200 });
    const { rows } = await acme.query('SELECT count(*)::int AS living FROM sessions WHERE ended_at IS NULL');
    expect(rows).toEqual([{ living: 100 }]);
  });
});
