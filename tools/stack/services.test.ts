import { describe, expect, test } from '@jest/globals';
import { newNatsPasswords } from './passwords.ts';
import { serviceEnvironment, serviceNames, type ServiceName } from './services.ts';

const secrets = {
  postgres: 'superuser-password',
  roles: { tenant_registry: 'r/1', auth: 'a', provisioner: 'p' },
  nats: newNatsPasswords(),
  redis: 'redis-password',
  masterKey: 'master-key',
  operatorKey: 'tok_operator',
};
const urls = {
  postgres: 'postgres://postgres:pw@127.0.0.1:5432/postgres?sslmode=disable',
  nats: 'nats://127.0.0.1:4222',
  redis: 'redis://r',
};

function environmentOf(service: ServiceName, env: NodeJS.ProcessEnv = {}, nats = urls.nats): NodeJS.ProcessEnv {
  return serviceEnvironment(
    { service, name: service, healthPort: 9000 },
    { urls: { ...urls, nats }, secrets, env, dataDir: '/data' },
  );
}

describe('a service gets what it needs and no more', () => {
  test('the gateway cannot reach a database or open a secret', () => {
    const text = JSON.stringify(environmentOf('gateway', { POSTGRES_URL: 'postgres://x', MASTER_KEY: 'x' }));
    expect(text).not.toMatch(/postgres|MASTER_KEY/i);
  });

  test.each(serviceNames)('%s does not know the administrator, nor another NATS user', (service) => {
    const text = JSON.stringify(environmentOf(service));
    const others = Object.entries(secrets.nats).filter(([user]) => user !== service);
    for (const secret of [secrets.postgres, ...others.map(([, password]) => password)])
      expect(text).not.toContain(secret);
  });

  test('only the registry knows the operator key and the provisioner', () => {
    const knowing = serviceNames.filter((service) =>
      /tok_operator|provisioner/.test(JSON.stringify(environmentOf(service))),
    );
    expect(knowing).toEqual(['tenant-registry']);
  });

  test('settings of telemetry reach everyone, other variables nobody', () => {
    expect(environmentOf('users', { OTEL_SERVICE_VERSION: '1', AWS_SECRET: 'x' })).toMatchObject({
      OTEL_SERVICE_VERSION: '1',
    });
    expect(environmentOf('users', { AWS_SECRET: 'x' })).not.toHaveProperty('AWS_SECRET');
  });
});

test('a role is sent to its own database on the same server, its parameters kept', () => {
  const { REGISTRY_DATABASE_URL } = environmentOf('tenant-registry');
  expect(REGISTRY_DATABASE_URL).toBe('postgres://tenant_registry:r%2F1@127.0.0.1:5432/registry?sslmode=disable');
});

describe('at NATS', () => {
  test('a service is its own user, and its url holds no credentials', () => {
    expect(environmentOf('users')).toMatchObject({
      NATS_URL: urls.nats,
      NATS_USER: 'users',
      NATS_PASSWORD: secrets.nats.users,
    });
  });

  test('credentials in a given url serve all who have no password of their own', () => {
    const given = 'nats://shared:s%40cret@n1:4222,nats://n2:4222';
    const env = { NATS_PASSWORD_AUTH: 'own' };
    expect(environmentOf('users', env, given)).toMatchObject({
      NATS_URL: 'nats://n1:4222,nats://n2:4222',
      NATS_USER: 'shared',
      NATS_PASSWORD: 's@cret',
    });
    expect(environmentOf('auth', env, given)).toMatchObject({ NATS_USER: 'auth' });
  });
});
