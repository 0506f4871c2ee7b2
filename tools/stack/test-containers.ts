import type { StartedTestContainer } from 'testcontainers';
import { newNatsPasswords, newPassword } from './passwords.ts';
import { containerEngine } from './servers/container.ts';
import { natsConf, natsPasswordEnvironment } from './servers/nats.ts';
import type { TestServer } from './test-server.ts';

/** `TEST_SERVERS=containers`, and an engine that answers. */
export function containersWanted(env: NodeJS.ProcessEnv): boolean {
  return env.TEST_SERVERS === 'containers' && containerEngine() !== undefined;
}

/** The servers of the tests from container images, those that `env` does not name already. */
export function startContainers(env: NodeJS.ProcessEnv): Promise<TestServer>[] {
  return [
    ...(env.TEST_POSTGRES_URL ? [] : [postgres()]),
    ...(env.TEST_NATS_URL ? [] : [nats()]),
    ...(env.TEST_REDIS_URL ? [] : [redis()]),
  ];
}

async function postgres(): Promise<TestServer> {
  const password = newPassword();
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('postgres:18-alpine')
    .withEnvironment({ POSTGRES_PASSWORD: password })
    .withCommand([
      'postgres',
      '-c',
      'max_connections=300',
      '-c',
      'fsync=off',
      '-c',
      'synchronous_commit=off',
      '-c',
      'full_page_writes=off',
    ])
    .withExposedPorts(5432)
    // The image starts the server twice: first to make the database.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  return begun(container, {
    TEST_POSTGRES_URL: `postgres://postgres:${password}@${address(container, 5432)}/postgres`,
  });
}

async function nats(): Promise<TestServer> {
  const passwords = newNatsPasswords();
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('nats:2.12-alpine')
    .withEnvironment(natsPasswordEnvironment(passwords))
    .withCopyFilesToContainer([{ source: natsConf, target: '/nats.conf' }])
    .withCommand(['-c', '/nats.conf', '-sd', '/data'])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start();
  return begun(container, {
    TEST_NATS_URL: `nats://${address(container, 4222)}`,
    TEST_NATS_PASSWORDS: JSON.stringify(passwords),
  });
}

async function redis(): Promise<TestServer> {
  const password = newPassword();
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('redis:7-alpine')
    .withCommand(['redis-server', '--requirepass', password, '--save', ''])
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start();
  return begun(container, { TEST_REDIS_URL: `redis://:${password}@${address(container, 6379)}` });
}

function begun(container: StartedTestContainer, environment: TestServer['environment']): TestServer {
  // The library's own reaper removes containers whose owner is gone.
  return { environment, stop: async () => void (await container.stop()), killNow: () => {} };
}

function address(container: StartedTestContainer, port: number): string {
  return `${container.getHost()}:${container.getMappedPort(port)}`;
}
