import { join } from 'node:path';
import { parse } from 'yaml';
import { readAll, readYaml } from './files.ts';

/** A Kubernetes object, as far as all have something in common. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  // Every kind has fields of its own; kubernetes-models knows them.
  [field: string]: unknown;
}

interface Kustomization {
  apiVersion: string;
  kind: string;
  namespace?: string;
  resources?: string[];
  images?: { name: string; newName?: string; newTag?: string }[];
  patches?: { target: { kind: string; name?: string }; patch: string }[];
}

interface Operation {
  op: string;
  path: string;
  value: unknown;
}

const understood = new Set(['apiVersion', 'kind', 'namespace', 'resources', 'images', 'patches']);
const clusterWide = new Set(['Namespace', 'ClusterSecretStore']);

/**
 * Renders an overlay as `kubectl kustomize` does, as far as ours need it: resources, namespace, images, and patches of JSON 6902 that add or
 * replace. Anything else is refused, so that what this understands is what the files say.
 */
export function render(folder: string): Resource[] {
  const file = readYaml<Kustomization>(join(folder, 'kustomization.yaml'));
  const strange = Object.keys(file).filter((key) => !understood.has(key));
  if (strange.length > 0) throw new Error(`${folder}: ${strange.join(', ')} is more than this renderer understands`);
  const resources = (file.resources ?? []).flatMap((path) =>
    path.endsWith('.yaml') ? readAll<Resource>(join(folder, path)) : render(join(folder, path)),
  );
  for (const resource of resources) {
    if (file.namespace && !clusterWide.has(resource.kind)) resource.metadata.namespace = file.namespace;
    for (const { name, newName = name, newTag } of file.images ?? [])
      renameImage(resource, name, newTag ? `${newName}:${newTag}` : newName);
  }
  for (const { target, patch } of file.patches ?? []) {
    const matching = resources.filter(
      ({ kind, metadata }) => kind === target.kind && (target.name ?? metadata.name) === metadata.name,
    );
    if (matching.length === 0)
      throw new Error(`${folder}: a patch for ${target.kind} ${target.name ?? ''} meets nothing`);
    for (const resource of matching) for (const change of parse(patch) as Operation[]) apply(resource, change);
  }
  return resources;
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
