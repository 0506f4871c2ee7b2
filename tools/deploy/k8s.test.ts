import { describe, expect, test } from '@jest/globals';
import { serviceNames } from '@tenantry/stack/services.ts';
import { readText, readYaml } from './files.ts';
import type { Resource } from './kustomize.ts';
import {
  dataOf,
  named,
  ofKind,
  overlays,
  production,
  rendered,
  workloadsOf,
  type Autoscaler,
  type Container,
  type PostgresCluster,
  type Workload,
} from './manifests.ts';
import { reachable, type Party } from './reachability.ts';
import { validate } from './schemas.ts';
import { secretKeysOf } from './k8s-secrets.ts';
import { allSettings, faultsOf } from './settings.ts';

interface Rule {
  alert: string;
}

describe.each(overlays)('the overlay %s', (overlay) => {
  const resources = rendered.get(overlay)!;
  const workloads = workloadsOf(resources);

  test('is what the API takes, and has no key it does not know', async () => {
    for (const resource of resources) await validate(resource);
  });

  test('has every object once', () => {
    const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
  });

  test('has a deployment for each service, and no pod that may do more than it must', () => {
    expect(
      ofKind(resources, 'Deployment')
        .map(({ metadata }) => metadata.name)
        .sort(),
    ).toEqual([...serviceNames].sort());
    const [namespace] = ofKind<Resource & { metadata: { labels: object } }>(resources, 'Namespace');
    expect(namespace!.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    for (const { spec } of workloads) {
      const pod = spec.template.spec;
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources).toMatchObject({
          requests: { cpu: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
        // A tag that moves, or none, could bring another program at a restart.
        expect(container.image).toMatch(/:(?!latest$)[\w.-]+$/);
      }
    }
  });

  test('rolls out without a gap: probes ask no database, and the grace outlasts preStop and the drain', () => {
    const drainSeconds = 15;
    for (const { metadata, spec } of ofKind<Workload>(resources, 'Deployment')) {
      const pod = spec.template.spec;
      const [container] = pod.containers as [Container];
      expect(container.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'internal' });
      expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'internal' });
      expect(spec.strategy?.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
        container.lifecycle!.preStop.sleep.seconds + drainSeconds,
      );
      expect(pod.topologySpreadConstraints).toHaveLength(2);
      for (const kind of ['PodDisruptionBudget', 'HorizontalPodAutoscaler'])
        expect(named(resources, kind, metadata.name)).toBeDefined();
    }
  });

  test('gives each service the settings it needs, and none it does not know', async () => {
    const settings = await allSettings();
    for (const { metadata, spec } of workloads.filter(({ kind }) => kind !== 'StatefulSet')) {
      const service = serviceNames.find((name) => metadata.name.endsWith(name))!;
      const [{ env = [], envFrom = [] }] = spec.template.spec.containers as [Container];
      const given = [
        ...env.map(({ name }) => name),
        ...envFrom.flatMap(({ configMapRef }) =>
          configMapRef ? Object.keys(dataOf(resources, configMapRef.name)) : [],
        ),
        ...envFrom.flatMap(({ secretRef }) => (secretRef ? secretKeysOf(resources, secretRef.name) : [])),
      ];
      const isCommand = metadata.name.startsWith('migrate-');
      expect([metadata.name, faultsOf(settings[service], given, { isCommand })]).toEqual([metadata.name, []]);
    }
  });
});

describe('production', () => {
  test('opens at most as many connections to a cluster as it has, with every instance there can be and one more of each', () => {
    const withTenants = serviceNames.filter((service) => 'CONNECTION_BUDGET' in dataOf(production, service));
    const wanted = withTenants.map((service) => {
      const { spec } = named<Autoscaler>(production, 'HorizontalPodAutoscaler', service);
      return (spec.maxReplicas + 1) * Number(dataOf(production, service)['CONNECTION_BUDGET']);
    });
    const sum = wanted.reduce((all, one) => all + one, 0);
    // Those of the provisioner, of backups, of replication, and what PostgreSQL keeps for its superuser.
    const reserve = 50;
    for (const name of ['tenants-a', 'tenants-b']) {
      const cluster = named<PostgresCluster>(production, 'Cluster', name);
      expect(sum).toBeLessThanOrEqual(Number(cluster.spec.postgresql.parameters.max_connections) - reserve);
    }
    expect(readText('docs/operations.md')).toContain(`${sum} of 600`);
    // The registry's own word for it, which its budget check and the alert go by, is told once by hand.
    expect(readText('docs/operations.md').match(/"reserve": \d+/g)).toEqual(Array(2).fill(`"reserve": ${reserve}`));
  });

  test('asks for as much CPU as docs/sizing.md derives from what was measured', () => {
    const row = /^\| `([a-z-]+)` +\| [^|]+\| (\d+) us +\| (\d+)m +\| (\d+) +\|$/gm;
    const rows = Array.from(readText('docs/sizing.md').matchAll(row), ([, name = '', ...numbers]) => {
      const [cost, request, aSecond] = numbers.map(Number) as [number, number, number];
      return { name, cost, request, aSecond };
    });
    expect(rows.map(({ name }) => name).sort()).toEqual([...serviceNames].sort());
    for (const { name, cost, request, aSecond } of rows) {
      const [container] = named<Workload>(production, 'Deployment', name).spec.template.spec.containers as [Container];
      expect([name, container.resources.requests.cpu]).toEqual([name, `${request}m`]);
      const { spec } = named<Autoscaler>(production, 'HorizontalPodAutoscaler', name);
      const share = spec.metrics[0]!.resource.target.averageUtilization / 100;
      expect([name, aSecond]).toEqual([name, Math.floor((share * request * 1000) / cost)]);
    }
  });

  test('can send mail: by a server that its secret names, outside of the cluster', () => {
    expect(secretKeysOf(production, 'users')).toContain('SMTP_URL');
    expect(Object.keys(dataOf(production, 'users'))).toEqual(expect.arrayContaining(['MAIL_FROM', 'MAIL_LINKS']));
    const { spec } = named<Resource & { spec: { egress: object[] } }>(production, 'NetworkPolicy', 'users-to-mail');
    expect(spec.egress).toMatchObject([{ ports: [{ port: 465 }, { port: 587 }] }]);
  });

  test('holds no secret in its manifests', () => {
    expect(ofKind(production, 'Secret')).toEqual([]);
  });

  test('has the alerts of the compose profile', () => {
    const { spec } = named<Resource & { spec: object }>(production, 'PrometheusRule', 'tenantry');
    expect(spec).toEqual(readYaml<{ groups: Rule[] }>('deploy/observability/rules.yml'));
  });
});

describe('who may talk to whom', () => {
  const app = (name: string): Party => ({
    name,
    labels: {
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/part-of': name.startsWith('migrate-') ? 'tenantry-jobs' : 'tenantry',
    },
  });
  const server = (name: string): Party => ({ name, labels: { 'app.kubernetes.io/name': name } });
  const cluster = (name: string): Party => ({ name, labels: { 'cnpg.io/cluster': name } });
  const parties: Party[] = [
    ...serviceNames.map(app),
    ...['migrate-auth', 'migrate-tenant-registry'].map(app),
    ...['nats', 'redis'].map(server),
    ...['registry', 'tenants-a', 'tenants-b'].map(cluster),
    ...['ingress', 'monitoring', 'observability', 'cnpg-system'].map((namespace) => ({
      name: namespace,
      labels: {},
      namespace,
    })),
    { name: 'kube-dns', labels: { 'k8s-app': 'kube-dns' }, namespace: 'kube-system' },
    { name: 'acme-solver', labels: { 'acme.cert-manager.io/http01-solver': 'true' } },
    { name: 'internet', labels: {}, address: '203.0.113.1' },
    { name: 'Kubernetes API', labels: {}, address: '10.96.0.1' },
    // What a provider tells its machines about themselves, their keys among it.
    { name: 'metadata of the machine', labels: {}, address: '169.254.169.254' },
    { name: 'somebody else', labels: {} },
  ];

  test('is the table of docs/security.md', () => {
    const table = readText('docs/security.md')
      .split('\n')
      .map((line) => /^\| (\S.*?) +\| (\S.*?) +\| (TCP|UDP) (\d+) +\|/.exec(line))
      .filter((row) => row !== null)
      .map(([, from, to, protocol, port]) => `${from} -> ${to}: ${protocol} ${port}`);
    const computed = reachable(production, parties);
    expect(computed.filter((edge) => !edge.includes('-> kube-dns'))).toEqual(table.sort());
    // Everybody asks for names.
    expect(computed.filter((edge) => edge.endsWith('-> kube-dns: UDP 53'))).toHaveLength(
      parties.filter(({ namespace, address }) => !namespace && !address).length,
    );
  });
});
