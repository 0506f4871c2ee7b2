import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readYaml, root } from './files.ts';
import type { Resource } from './kustomize.ts';
import { ofKind, workloadsOf, type PostgresCluster } from './manifests.ts';

interface ExternalSecret extends Resource {
  spec: { target: { name: string; template?: { data: object } }; data: { secretKey: string }[] };
}
interface Certificate extends Resource {
  spec: { secretName: string };
}
interface Ingress extends Resource {
  spec: { tls: { secretName: string }[] };
}
interface Storage extends Resource {
  spec: { configuration: { s3Credentials: Record<string, SecretKey> } };
}
interface Issuer extends Resource {
  spec: { ca?: { secretName: string } };
}
interface SecretKey {
  name: string;
  key: string;
}

/** The secrets that write-secrets.mjs makes for the overlay `local`: their names and keys. */
function localSecrets(): Map<string, string[]> {
  const script = join(root, 'k8s/overlays/local/write-secrets.mjs');
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  const { items } = JSON.parse(stdout) as { items: (Resource & { stringData: object })[] };
  return new Map(items.map(({ metadata, stringData }) => [metadata.name, Object.keys(stringData)]));
}

/** Every secret that something of the overlay brings, or that is brought for it, with its keys. */
export function broughtSecrets(resources: readonly Resource[]): Map<string, string[]> {
  const external = ofKind<ExternalSecret>(resources, 'ExternalSecret').map(({ spec }) => {
    const keys = spec.target.template ? Object.keys(spec.target.template.data) : spec.data.map((one) => one.secretKey);
    return [spec.target.name, keys] as const;
  });
  const certificates = [
    ...ofKind<Certificate>(resources, 'Certificate').map(({ spec }) => spec.secretName),
    // cert-manager makes one for each ingress that names an issuer.
    ...ofKind<Ingress>(resources, 'Ingress')
      .filter(({ metadata }) => metadata.annotations?.['cert-manager.io/cluster-issuer'])
      .flatMap(({ spec }) => spec.tls.map(({ secretName }) => secretName)),
  ].map((name) => [name, ['ca.crt', 'tls.crt', 'tls.key']] as const);
  return new Map([...certificates, ...(external.length > 0 ? external : localSecrets())] as [string, string[]][]);
}

/** What the secret of this name holds. */
export function secretKeysOf(resources: readonly Resource[], name: string): string[] {
  const keys = broughtSecrets(resources).get(name);
  if (!keys) throw new Error(`nobody brings the secret ${name}`);
  return keys;
}

/** Every secret that something asks for, with the key it asks for, where it says one. */
export function askedSecrets(resources: readonly Resource[]): { name: string; key?: string }[] {
  const ofPods = workloadsOf(resources).flatMap(({ spec }) => {
    const { containers, volumes = [] } = spec.template.spec;
    return [
      ...containers.flatMap(({ envFrom = [] }) => envFrom.flatMap(({ secretRef }) => secretRef ?? [])),
      ...containers.flatMap(({ env = [] }) => env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? [])),
      ...volumes.flatMap(({ secret }) => (secret ? [{ name: secret.secretName }] : [])),
    ];
  });
  const ofPostgres = ofKind<PostgresCluster>(resources, 'Cluster')
    .flatMap(({ spec }) => [spec.bootstrap.initdb.secret, ...spec.managed.roles.map((role) => role.passwordSecret)])
    .flatMap(({ name }) => ['username', 'password'].map((key) => ({ name, key })));
  const ofBackups = ofKind<Storage>(resources, 'ObjectStore').flatMap(({ spec }) =>
    Object.values(spec.configuration.s3Credentials),
  );
  const ofCertificates = [
    ...ofKind<Ingress>(resources, 'Ingress').flatMap(({ spec }) => spec.tls.map(({ secretName }) => secretName)),
    ...ofKind<Issuer>(resources, 'Issuer').flatMap(({ spec }) => spec.ca?.secretName ?? []),
  ].map((name) => ({ name }));
  return [...ofPods, ...ofPostgres, ...ofBackups, ...ofCertificates, ...chartSecrets()];
}

/** Those of the values of NATS's chart. */
function chartSecrets(): { name: string; key?: string }[] {
  const { config, container } = readYaml<{
    config: { nats: { tls: { secretName: string } } };
    container: { env: Record<string, { valueFrom: { secretKeyRef: SecretKey } }> };
  }>('k8s/charts/nats.values.yaml');
  return [
    ...['tls.crt', 'tls.key'].map((key) => ({ name: config.nats.tls.secretName, key })),
    ...Object.values(container.env).map(({ valueFrom }) => valueFrom.secretKeyRef),
  ];
}
