import { expect, test } from '@jest/globals';
import { natsPasswordVariable, natsUsers } from '@tenantry/stack/servers/nats.ts';
import { serviceNames } from '@tenantry/stack/services.ts';
import { readText, readYaml } from './files.ts';

// Services are named in files that cannot read each other: one that was added is named in all of them.
const services = [...serviceNames].sort();

test('the bus has a user for each service, and in Kubernetes a password for each user', () => {
  expect([...natsUsers].sort()).toEqual([...services, 'admin'].sort());
  const { container } = readYaml<{ container: { env: Record<string, object> } }>('k8s/charts/nats.values.yaml');
  expect(Object.keys(container.env).sort()).toEqual(natsUsers.map(natsPasswordVariable).sort());
});

test('the forge builds an image of each service', () => {
  const { jobs } = readYaml<{ jobs: { images: { strategy: { matrix: { app: string[] } } } } }>(
    '.github/workflows/ci.yml',
  );
  expect(jobs.images.strategy.matrix.app.sort()).toEqual(services);
});

test('the forge brings compose up as README and its head say, and asks through the proxy', () => {
  const { jobs } = readYaml<{ jobs: { compose: { steps: { run?: string }[] } } }>('.github/workflows/ci.yml');
  const commands = jobs.compose.steps.map(({ run }) => run ?? '').join('\n');
  const head = readText('docker-compose.yml').match(/(?<=^#   )(node|docker compose|curl) .+$/gm) ?? [];
  expect(head).toHaveLength(3);
  for (const command of head) expect(commands).toContain(command.replace('curl -k', 'curl -fk'));
});

test.each(['local', 'staging', 'production'])('the overlay %s says which image of each service runs', (overlay) => {
  const { images } = readYaml<{ images: { name: string }[] }>(`k8s/overlays/${overlay}/kustomization.yaml`);
  expect(images.map(({ name }) => name.replace('ghcr.io/tenantry/', '')).sort()).toEqual(services);
});

test('compose has the metrics of each service', () => {
  const hosts = readText('deploy/observability/prometheus.yml').match(/[a-z-]+(-\d)?(?=:8080)/g) ?? [];
  expect([...new Set(hosts.map((host) => host.replace(/-\d$/, '')))].sort()).toEqual(services);
});
