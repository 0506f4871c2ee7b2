import { render, type Resource } from './kustomize.ts';

interface Probe {
  httpGet: { path: string; port: string };
}
export interface Container {
  name: string;
  image: string;
  command?: string[];
  env?: { name: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  resources: { requests: { cpu: string }; limits: { memory?: string } };
  securityContext: object;
  volumeMounts?: { name: string; mountPath: string }[];
}
export interface PodSpec {
  containers: Container[];
  automountServiceAccountToken?: boolean;
  securityContext: object;
  terminationGracePeriodSeconds?: number;
  topologySpreadConstraints?: { labelSelector: { matchLabels: Record<string, string> } }[];
  volumes?: { name: string; emptyDir?: object; secret?: { secretName: string } }[];
}
export interface Workload extends Resource {
  spec: {
    replicas?: number;
    selector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
    strategy?: { rollingUpdate: object };
  };
}
export interface Autoscaler extends Resource {
  spec: {
    scaleTargetRef: { apiVersion: string; kind: string; name: string };
    maxReplicas: number;
    metrics: { resource: { target: { averageUtilization: number } } }[];
  };
}
export interface PostgresCluster extends Resource {
  spec: {
    instances: number;
    bootstrap: {
      initdb: {
        database: string;
        owner: string;
        secret: { name: string };
        postInitSQL: string[];
        postInitApplicationSQL: string[];
      };
    };
    managed: { roles: { name: string; passwordSecret: { name: string } }[] };
    postgresql: { parameters: { max_connections: string } };
    plugins?: { parameters: { barmanObjectName: string } }[];
  };
}

export const overlays = ['local', 'staging', 'production'] as const;
export const rendered = new Map<string, Resource[]>(
  overlays.map((overlay) => [overlay, render(`k8s/overlays/${overlay}`)]),
);
export const production = rendered.get('production')!;
export const ofKind = <Shape extends Resource>(resources: readonly Resource[], kind: string): Shape[] =>
  resources.filter((resource) => resource.kind === kind) as Shape[];
export const named = <Shape extends Resource>(resources: readonly Resource[], kind: string, name: string): Shape =>
  ofKind<Shape>(resources, kind).find(({ metadata }) => metadata.name === name)!;
export const dataOf = (resources: readonly Resource[], service: string): Record<string, string> =>
  named<Resource & { data: Record<string, string> }>(resources, 'ConfigMap', service).data;

/** Everything of ours that has pods. */
export const workloadsOf = (resources: readonly Resource[]): Workload[] =>
  ['Deployment', 'StatefulSet', 'Job'].flatMap((kind) => ofKind<Workload>(resources, kind));
