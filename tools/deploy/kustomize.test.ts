import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { root } from './files.ts';
import type { Resource } from './kustomize.ts';
import { overlays, rendered } from './manifests.ts';

// Where kubectl is, the other tests' renderer is held against it; where it is not, there is nothing to hold it against.
const kubectl = (overlay: string) =>
  spawnSync('kubectl', ['kustomize', join(root, 'k8s/overlays', overlay)], { encoding: 'utf8', maxBuffer: 2 ** 26 });

test.each(overlays)('the overlay %s is rendered as kubectl renders it', (overlay) => {
  const { error, status, stdout, stderr } = kubectl(overlay);
  if (error) return expect(error).toMatchObject({ code: 'ENOENT' });
  // Warnings of the version that is here are none of what it renders.
  if (status !== 0) throw new Error(stderr);
  const theirs = parseAllDocuments(stdout).map((document) => document.toJS() as Resource);
  const byName = (resources: readonly Resource[]): Map<string, Resource> =>
    new Map(resources.map((one) => [`${one.kind} ${one.metadata.name}`, one]));
  const [ours, expected] = [byName(rendered.get(overlay)!), byName(theirs)];
  expect([...ours.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, resource] of ours) expect([name, resource]).toEqual([name, expected.get(name)]);
});
