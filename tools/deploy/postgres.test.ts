import { expect, test } from '@jest/globals';
import { overlays, rendered, named, ofKind, production, type PostgresCluster, type Autoscaler } from './manifests.ts';
import { readText } from './files.ts';

const numberOf = (file: string, pattern: RegExp): number => {
  const [, number] = pattern.exec(readText(file)) ?? [];
  if (!number) throw new Error(`${file} does not say ${pattern.source}`);
  return Number(number);
};

// What tools/stack/bootstrap.ts does by statements, which bootstrap.int.test.ts tries on a server.
test.each(overlays)('in %s no database of a cluster is open to just anybody', (overlay) => {
  for (const { metadata, spec } of ofKind<PostgresCluster>(rendered.get(overlay)!, 'Cluster')) {
    const { database, owner, postInitSQL, postInitApplicationSQL } = spec.bootstrap.initdb;
    const closed = [...postInitSQL, ...postInitApplicationSQL].flatMap(
      (sql) => /^REVOKE CONNECT ON DATABASE (.+) FROM PUBLIC$/.exec(sql)?.[1]?.split(', ') ?? [],
    );
    const made = postInitSQL.flatMap((sql) => /^CREATE DATABASE (\w+)/.exec(sql)?.[1] ?? []);
    expect([metadata.name, closed.sort()]).toEqual([
      metadata.name,
      ['postgres', 'template1', database, ...made].sort(),
    ]);
    // pg_rewind's way in; of tenants' clusters the provisioner's, too.
    const letIn = postInitSQL.flatMap((sql) => /^GRANT CONNECT ON DATABASE postgres TO (\w+)$/.exec(sql)?.[1] ?? []);
    expect(letIn).toEqual(owner === 'provisioner' ? ['provisioner', 'streaming_replica'] : ['streaming_replica']);
    // The operator makes that role later than this runs.
    const replicas = postInitSQL.indexOf('CREATE ROLE streaming_replica LOGIN REPLICATION');
    expect([-1, postInitSQL.length]).not.toContain(replicas);
    expect(replicas).toBeLessThan(postInitSQL.indexOf('GRANT CONNECT ON DATABASE postgres TO streaming_replica'));
  }
});

test('every cluster of production is backed up, each to a place of its own; locally none is', () => {
  const clusters = ofKind<PostgresCluster>(production, 'Cluster');
  const stores = clusters.map(({ spec }) => spec.plugins?.map(({ parameters }) => parameters.barmanObjectName));
  const names = clusters.map(({ metadata }) => metadata.name);
  expect(stores).toEqual(names.map((name) => [name]));
  for (const kind of ['ObjectStore', 'ScheduledBackup'])
    expect(ofKind(production, kind).map(({ metadata }) => metadata.name)).toEqual(names);
  for (const { spec } of ofKind<PostgresCluster>(rendered.get('local')!, 'Cluster')) {
    expect(spec.instances).toBe(1);
    expect(spec.plugins).toBeUndefined();
  }
});

test("the platform's own databases have a connection for everybody who may ask for one", () => {
  const instances = (service: string): number =>
    named<Autoscaler>(production, 'HorizontalPodAutoscaler', service).spec.maxReplicas + 1;
  const entities = numberOf('apps/tenant-registry/src/central-database.ts', /poolSize: (\d+)/);
  const workflows = numberOf('apps/tenant-registry/src/operations/takeover.ts', /poolSize = (\d+)/);
  const auth = numberOf('apps/auth/src/central-database.ts', /maxConnections = (\d+)/);
  const services = instances('tenant-registry') * (entities + workflows) + instances('auth') * auth;
  // Two for each migration, the replica, its backup, the operator's own, and what PostgreSQL keeps for its superuser.
  const reserve = 30;
  const { spec } = named<PostgresCluster>(production, 'Cluster', 'registry');
  expect(services + reserve).toBeLessThanOrEqual(Number(spec.postgresql.parameters.max_connections));
  expect(readText('docs/operations.md')).toContain(`${services} of 200`);
});
