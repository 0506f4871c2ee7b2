import { join } from 'node:path';
import { parse } from 'yaml';
import { readAll, readText, readYaml } from './files.ts';

/** A Kubernetes object, as far as all have something in common. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // Every kind has fields of its own; kubernetes-models knows them.
  [field: string]: unknown;
}

interface Kustomization {
  apiVersion: string;
  kind: string;
  namespace?: string;
  resources?: string[];
  components?: string[];
  configMapGenerator?: {
    name: string;
    files: string[];
    options: { disableNameSuffixHash: true; labels?: Record<string, string> };
  }[];
  commonAnnotations?: Record<string, string>;
  images?: { name: string; newName?: string; newTag?: string }[];
  patches?: { target: { kind: string; name?: string }; patch: string }[];
}

interface Operation {
  op: string;
  path: string;
  value: unknown;
}

const understood = new Set([
  ...['apiVersion', 'kind', 'namespace', 'resources', 'components', 'configMapGenerator', 'commonAnnotations'],
  ...['images', 'patches'],
]);
const clusterWide = new Set(['Namespace', 'ClusterSecretStore']);

/**
 * Renders an overlay as `kubectl kustomize` does, as far as ours need it: resources, components, config maps of files, namespace, annotations, images,
 * and patches of JSON 6902 that add or replace. Anything else is refused, so that what this understands is what the files say.
 */
export const render = (folder: string): Resource[] => rendered(folder, []);

/** `before` is what a component changes besides its own. */
function rendered(folder: string, before: Resource[]): Resource[] {
  const file = readYaml<Kustomization>(join(folder, 'kustomization.yaml'));
  const strange = Object.keys(file).filter((key) => !understood.has(key));
  if (strange.length > 0) throw new Error(`${folder}: ${strange.join(', ')} is more than this renderer understands`);
  const own = (file.resources ?? []).flatMap((path) =>
    path.endsWith('.yaml') ? readAll<Resource>(join(folder, path)) : render(join(folder, path)),
  );
  const generated = (file.configMapGenerator ?? []).map(({ name, files, options: { labels } }) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels && { labels }) } },
    data: Object.fromEntries(files.map((path) => [path, readText(join(folder, path))])),
  }));
  const resources = (file.components ?? []).reduce(
    (all, path) => rendered(join(folder, path), all),
    [...before, ...own, ...generated],
  );
  for (const resource of resources) change(resource, file);
  for (const { target, patch } of file.patches ?? []) {
    const name = new RegExp(`^(${target.name ?? '.*'})$`);
    const matching = resources.filter(({ kind, metadata }) => kind === target.kind && name.test(metadata.name));
    if (matching.length === 0)
      throw new Error(`${folder}: a patch for ${target.kind} ${target.name ?? ''} meets nothing`);
    for (const resource of matching) for (const operation of parse(patch) as Operation[]) apply(resource, operation);
  }
  return resources;
}

function change(resource: Resource, { namespace, commonAnnotations, images = [] }: Kustomization): void {
  const { metadata } = resource;
  if (namespace && !clusterWide.has(resource.kind)) metadata.namespace = namespace;
  if (commonAnnotations) metadata.annotations = { ...metadata.annotations, ...commonAnnotations };
  for (const { name, newName = name, newTag } of images)
    renameImage(resource, name, newTag ? `${newName}:${newTag}` : newName);
}

function apply(resource: Resource, { op, path, value }: Operation): void {
  const steps = path.split('/').slice(1);
  const last = steps.pop() ?? '';
  let place: unknown = resource;
  for (const step of steps) place = (place as Record<string, unknown> | undefined)?.[step];
  if (
    typeof place !== 'object' ||
    place === null ||
    !['add', 'replace'].includes(op) ||
    (op === 'replace' && !(last in place))
  )
    throw new Error(`${resource.kind} ${resource.metadata.name}: cannot ${op} ${path}`);
  (place as Record<string, unknown>)[last] = value;
}

function renameImage(value: unknown, from: string, to: string): void {
  if (typeof value !== 'object' || value === null) return;
  const holder = value as Record<string, unknown>;
  if (holder['image'] === from) holder['image'] = to;
  for (const inner of Object.values(holder)) renameImage(inner, from, to);
}
