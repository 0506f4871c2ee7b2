import { expect, test } from '@jest/globals';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { scratchDir } from './scratch.ts';
import { loadSecrets } from './secrets.ts';

test('only the owner reads the secrets file', () => {
  using dir = scratchDir();
  loadSecrets(dir.path);
  expect(statSync(join(dir.path, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('secrets are made once and kept', () => {
  using dir = scratchDir();
  expect(loadSecrets(dir.path)).toEqual(loadSecrets(dir.path));
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

test('what the environment gives replaces what is kept, for later starts too', () => {
  using dir = scratchDir();
  loadSecrets(dir.path);
  loadSecrets(dir.path, { TENANTRY_OPERATOR_KEY: 'tok_given', NATS_PASSWORD_TENANT_REGISTRY: 'given' });
  const { operatorKey, nats } = loadSecrets(dir.path);
  expect([operatorKey, nats['tenant-registry']]).toEqual(['tok_given', 'given']);
});
