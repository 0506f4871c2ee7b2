import { describe, expect, test } from '@jest/globals';
import type { Resource } from './kustomize.ts';
import { named, ofKind, overlays, rendered, workloadsOf, type Autoscaler, type Workload } from './manifests.ts';

interface Selecting extends Resource {
  spec: { selector: { matchLabels: Record<string, string> } };
}
interface Service extends Resource {
  spec: { selector: Record<string, string> };
}

// A selector that meets nothing is no error anywhere: it only does nothing.
describe.each(overlays)('in the overlay %s', (overlay) => {
  const resources = rendered.get(overlay)!;
  const workloads = workloadsOf(resources);

  test('every selector meets the pods of one workload', () => {
    const selectors = [
      ...ofKind<Selecting>(resources, 'PodDisruptionBudget').map(
        (one) => [one, one.spec.selector.matchLabels] as const,
      ),
      ...ofKind<Service>(resources, 'Service').map((one) => [one, one.spec.selector] as const),
      ...workloads.flatMap((one) => {
        const { selector, template } = one.spec;
        const spread = template.spec.topologySpreadConstraints ?? [];
        return [selector, ...spread.map(({ labelSelector }) => labelSelector)].flatMap(
          // A job's is made by Kubernetes.
          (each) => (each ? [[one, each.matchLabels] as const] : []),
        );
      }),
    ];
    for (const [{ kind, metadata }, labels] of selectors) {
      const met = workloads.filter(({ spec }) =>
        Object.entries(labels).every(([key, value]) => spec.template.metadata.labels[key] === value),
      );
      expect([kind, metadata.name, met.map((one) => one.metadata.name)]).toEqual([
        kind,
        metadata.name,
        [metadata.name],
      ]);
    }
  });

  test('the autoscaler alone says how many there are of what it scales', () => {
    for (const { metadata, spec } of ofKind<Autoscaler>(resources, 'HorizontalPodAutoscaler')) {
      expect(spec.scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name });
      expect(named<Workload>(resources, 'Deployment', metadata.name).spec).not.toHaveProperty('replicas');
    }
  });

  test('a deployment has time to start, and a place to write to', () => {
    for (const { metadata, spec } of ofKind<Workload>(resources, 'Deployment')) {
      const { containers, volumes = [] } = spec.template.spec;
      for (const { startupProbe, volumeMounts = [] } of containers) {
        expect([metadata.name, startupProbe?.httpGet]).toEqual([metadata.name, { path: '/livez', port: 'internal' }]);
        const place = volumeMounts.find(({ mountPath }) => mountPath === '/tmp');
        expect(volumes.find(({ name }) => name === place?.name)).toHaveProperty('emptyDir.sizeLimit');
      }
    }
  });

  test('Argo CD brings secrets and databases first, then migrates, then starts what needs both', () => {
    const waves = new Map(
      resources.map(({ kind, metadata }) => [
        kind,
        Number(metadata.annotations?.['argocd.argoproj.io/sync-wave'] ?? 0),
      ]),
    );
    const orders = ['Namespace', 'Cluster', 'Job', 'Deployment'].map((kind) => waves.get(kind));
    expect(orders).toEqual([-3, -2, -1, 0]);
    if (overlay !== 'local') expect(waves.get('ExternalSecret')).toBe(-2);
    for (const { metadata } of ofKind(resources, 'Job'))
      expect(metadata.annotations).toMatchObject({ 'argocd.argoproj.io/hook': 'Sync' });
  });
});
