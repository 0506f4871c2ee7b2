import { expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { scratchDir } from './scratch.ts';
import { keepSecrets, loadSecrets, type Secrets } from './secrets.ts';

test('only the owner reads the secrets file', () => {
  using dir = scratchDir();
  loadSecrets(dir.path);
  expect(statSync(join(dir.path, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('secrets are made once and kept', () => {
  using dir = scratchDir();
  expect(loadSecrets(dir.path)).toEqual(loadSecrets(dir.path));
});

test('a service that is new gets a password of its own, and the others keep theirs', () => {
  using dir = scratchDir();
  const { nats, ...others } = loadSecrets(dir.path);
  const { products, ...before } = nats;
  keepSecrets(dir.path, { ...others, nats: before } as Secrets);
  const after = loadSecrets(dir.path).nats;
  expect(after).toEqual({ ...before, products: expect.stringMatching(/^[a-z][A-Za-z0-9_-]+$/) });
  expect(after.products).not.toBe(products);
});

test('no two data directories share a secret', () => {
  using one = scratchDir();
  using other = scratchDir();
  expect(loadSecrets(one.path).masterKey).not.toBe(loadSecrets(other.path).masterKey);
});

test('the master key is 32 bytes in base64, the operator key has the form of one', () => {
  using dir = scratchDir();
  const { masterKey, operatorKey } = loadSecrets(dir.path);
  expect(Buffer.from(masterKey, 'base64')).toHaveLength(32);
  expect(operatorKey).toMatch(/^tok_[A-Za-z0-9_-]{43}$/);
});

test('nats.conf can read every password without quotes', () => {
  using dir = scratchDir();
  for (const password of Object.values(loadSecrets(dir.path).nats)) expect(password).toMatch(/^[a-z][A-Za-z0-9_-]+$/);
});

const givenKey = `tok_${'8f3a'.repeat(12)}`;

test('what the environment gives is taken, and kept for later starts once one has succeeded with it', () => {
  using dir = scratchDir();
  const made = loadSecrets(dir.path);
  const given = loadSecrets(dir.path, { TENANTRY_OPERATOR_KEY: givenKey, NATS_PASSWORD_TENANT_REGISTRY: 'given' });
  expect([given.operatorKey, given.nats['tenant-registry']]).toEqual([givenKey, 'given']);
  expect(loadSecrets(dir.path)).toEqual(made);
  keepSecrets(dir.path, given);
  expect(loadSecrets(dir.path)).toEqual(given);
});

test("an operator's key that can be none is refused by its variable, and harms no later start", () => {
  using dir = scratchDir();
  const made = loadSecrets(dir.path);
  for (const key of ['secret', 'tok_short', `${givenKey} `])
    expect(() => loadSecrets(dir.path, { TENANTRY_OPERATOR_KEY: key })).toThrow(/^TENANTRY_OPERATOR_KEY must be tok_/);
  expect(loadSecrets(dir.path)).toEqual(made);
});
