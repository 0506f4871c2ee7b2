import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operatorScopes } from '@tenantry/contracts';
import { Pages } from '../pages.js';
import { createRegistryDatabase, type RegistryDatabase, withoutReplica } from '../test/registry-database.js';
import { OperatorRow } from './operator.entity.js';
import { hashOfKey, newOperatorKey } from './operator-key.js';
import { OperatorsRepository } from './operators.repository.js';
import { OperatorsService } from './operators.service.js';

const firstKey = newOperatorKey();
const root = { permissions: [...operatorScopes] };
let database: RegistryDatabase;
let operators: OperatorsService;

beforeAll(async () => {
  database = await createRegistryDatabase([OperatorRow]);
  const repository = new OperatorsRepository(database.source.getRepository(OperatorRow));
  const pages = new Pages({ MASTER_KEY: randomBytes(32) }, withoutReplica(database.source));
  operators = new OperatorsService(repository, pages, { OPERATOR_KEY: firstKey });
  await operators.onApplicationBootstrap();
});
afterAll(() => database?.drop());

const newcomer = (name: string, scopes = ['tenants:read' as const]) => ({ name, scopes, expiresInDays: 30 });

describe('the first operator', () => {
  it('holds every scope', async () => {
    expect((await operators.find(hashOfKey(firstKey))).scopes).toEqual([...operatorScopes]);
  });

  it('holds scopes that came to be after its key was made', async () => {
    await database.source.query(`UPDATE operators SET scopes = '{tenants:read}' WHERE key_hash = $1`, [
      hashOfKey(firstKey),
    ]);
    await operators.onApplicationBootstrap();
    expect((await operators.find(hashOfKey(firstKey))).scopes).toEqual([...operatorScopes]);
  });

  it('stays out once revoked, whatever the process is started with', async () => {
    const { id } = await operators.find(hashOfKey(firstKey));
    await operators.revoke(id);
    await operators.onApplicationBootstrap();
    await expect(operators.find(hashOfKey(firstKey))).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('an operator', () => {
  it('is found by the key that was shown once, of which only a hash is kept', async () => {
    const { key, ...made } = await operators.create(newcomer('deployer'), root);
    expect(await operators.find(hashOfKey(key))).toEqual({
      ...{ id: made.id, name: 'deployer', scopes: ['tenants:read'], expiresAt: made.expiresAt },
    });
    const kept = JSON.stringify(await database.source.query('SELECT * FROM operators'));
    expect(kept).toContain(hashOfKey(key));
    expect(kept).not.toContain(key);
    expect(JSON.stringify(await operators.list({ limit: 100 }))).not.toContain(hashOfKey(key));
  });

  it('expires on the day that was said', async () => {
    const { id, key, expiresAt } = await operators.create(newcomer('guest'), root);
    expect(Date.parse(expiresAt!) - Date.now()).toBeCloseTo(30 * 86_400_000, -5);
    await database.source.query('UPDATE operators SET expires_at = now() WHERE id = $1', [id]);
    await expect(operators.find(hashOfKey(key))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('gives away no scope it does not hold', async () => {
    const reader = { permissions: ['operators:write', 'tenants:read'] };
    await expect(operators.create({ ...newcomer('bigger'), scopes: ['tenants:write'] }, reader)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(operators.create(newcomer('equal'), reader)).resolves.toMatchObject({ name: 'equal' });
  });

  it('has a name that no other who can act has; it is free again after', async () => {
    const { id } = await operators.create(newcomer('robot'), root);
    await expect(operators.create(newcomer('Robot'), root)).rejects.toMatchObject({ code: 'conflict' });
    await operators.revoke(id);
    await expect(operators.create(newcomer('Robot'), root)).resolves.toMatchObject({ name: 'Robot' });
  });

  it('is revoked once, and again without harm', async () => {
    const { id, key } = await operators.create(newcomer('leaver'), root);
    await operators.revoke(id);
    const [{ revokedAt } = { revokedAt: null }] = (await operators.list({ limit: 100 })).data.filter(
      (one) => one.id === id,
    );
    await operators.revoke(id);
    const again = (await operators.list({ limit: 100 })).data.find((one) => one.id === id);
    expect([revokedAt, again?.revokedAt]).toEqual([expect.any(String), revokedAt]);
    await expect(operators.find(hashOfKey(key))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('that never was cannot be revoked', async () => {
    await expect(operators.revoke('0192f0c1-2b3c-7d4e-8f50-6172839405a6')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the list', () => {
  it('is read newest first, page by page, by its own cursor alone', async () => {
    const all = (await operators.list({ limit: 100 })).data.map(({ id }) => id);
    const first = await operators.list({ limit: 2 });
    const second = await operators.list({ limit: 100, cursor: first.nextCursor! });
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(all);
    expect(all).toEqual(all.toSorted().toReversed());
    await expect(operators.list({ limit: 2, cursor: `${first.nextCursor}x` })).rejects.toMatchObject({
      code: 'invalid-cursor',
    });
  });
});
