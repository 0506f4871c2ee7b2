import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '@tenantry/service-kit';
import { RegistryConfig } from './config.js';

const others = {
  REGISTRY_DATABASE_URL: 'postgres://registry@db/registry',
  PROVISIONER_URL: 'postgres://provisioner@db/postgres',
  MASTER_KEY: randomBytes(32).toString('base64'),
};
const read = (key: string) => readConfig(RegistryConfig, { ...others, OPERATOR_KEY: `tok_${key}` }).OPERATOR_KEY;

describe("the first operator's key", () => {
  it.each(['hex', 'base64url'] as const)('is never refused when it is random %s', (form) => {
    for (let i = 0; i < 5000; i++) {
      const key = randomBytes(32).toString(form);
      expect(read(key)).toBe(`tok_${key}`);
    }
  });

  it.each([
    ['one letter, repeated', 'a'.repeat(32)],
    ['few letters, repeated', 'abc123'.repeat(6)],
    ['in order', 'abcdefghijklmnopqrstuvwxyz0123456789'],
    ['digits in order, repeated', '0123456789abcdef0123456789abcdef'],
    ['a placeholder', 'change-me-to-32-or-more-random-characters'],
    ['another placeholder', 'Example_Ax83kdHs83jdkKsl293kdjsKSJ3kd'],
    ['short', randomBytes(16).toString('base64url')],
  ])('that is %s is refused, unseen', (_, key) => {
    let fault = '';
    try {
      read(key);
    } catch (error) {
      fault = (error as Error).message;
    }
    expect(fault).toContain('OPERATOR_KEY: must be');
    expect(fault).not.toContain(key);
  });
});
