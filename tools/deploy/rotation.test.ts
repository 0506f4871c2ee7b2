import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readText, root } from './files.ts';
import { broughtSecrets } from './k8s-secrets.ts';
import type { Resource } from './kustomize.ts';
import { ofKind, production } from './manifests.ts';

interface ExternalSecret extends Resource {
  spec: { target: { name: string }; data: { remoteRef: { property: string } }[] };
}

const [, after = ''] = readText('docs/operations.md').split('\n## Rotate secrets\n');
const page = after.split('\n## ')[0]!;

test('docs/operations.md says how each secret of compose is changed', () => {
  const { stdout } = spawnSync(process.execPath, [join(root, 'deploy/compose/write-env.mjs')], { encoding: 'utf8' });
  const names = Array.from(stdout.matchAll(/^(\w+)=/gm), ([, name]) => name!);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('docs/operations.md says how each secret of Kubernetes is changed', () => {
  const external = ofKind<ExternalSecret>(production, 'ExternalSecret');
  const properties = external.flatMap(({ spec }) => spec.data.map(({ remoteRef }) => remoteRef.property));
  // Secrets that are not a service's own settings have names of their own.
  const names = [...broughtSecrets(production).keys()].filter((name) =>
    /^(registry|provisioner|redis|nats-p|nats-c|backup)/.test(name),
  );
  expect([...properties, ...names].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  expect(page).toContain('MASTER_KEY_PREVIOUS');
});
