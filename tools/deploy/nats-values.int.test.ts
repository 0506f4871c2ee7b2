import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { newNatsPasswords } from '@tenantry/stack/passwords.ts';
import { freePort } from '@tenantry/stack/ports.ts';
import { findServer } from '@tenantry/stack/servers/find-server.ts';
import { natsConf, natsPasswordEnvironment, wantedNats } from '@tenantry/stack/servers/nats.ts';
import { readYaml } from './files.ts';

interface Extended {
  merge: { securityContext: object };
  patch: { path: string; value: { name: string; mountPath?: string; configMap?: { name: string } } }[];
}
const values = readYaml<{
  config: { merge: { $include: string } };
  container: Extended;
  reloader: Extended;
  podTemplate: { merge: { spec: { securityContext: object; automountServiceAccountToken: boolean } } } & Extended;
  natsBox: { enabled: boolean };
}>('k8s/charts/nats.values.yaml');

const folder = mkdtempSync(join(tmpdir(), 'tenantry-nats-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the values of NATS's chart", () => {
  test('name users that a server finds where the chart puts them', async () => {
    const found = await findServer(wantedNats, (text) => process.stderr.write(`${text}\n`));
    // As the chart lays them out under /etc: its own file, which begins with the include (helm/charts/nats/files/config), and our mount.
    const place = values.container.patch[0]!.value.mountPath!;
    mkdirSync(join(folder, place), { recursive: true });
    mkdirSync(join(folder, '/etc/nats-config'), { recursive: true });
    copyFileSync(natsConf, join(folder, place, 'nats.conf'));
    const rest = {
      jetstream: { max_file_store: 10_737_418_240, max_memory_store: 0, store_dir: join(folder, 'data') },
      ...{ lame_duck_duration: '30s', lame_duck_grace_period: '10s', pid_file: join(folder, 'nats.pid') },
      ...{ port: 4222, server_name: 'nats-0' },
    };
    const chart = `{\n  include ${values.config.merge.$include};\n${JSON.stringify(rest, null, 2).slice(2)}\n`;
    const file = '/etc/nats-config/nats.conf';
    writeFileSync(join(folder, file), chart);
    const port = await freePort();
    const mounts = ['/etc/nats-config', place].map((path) => `${join(folder, path)}:${path}:ro`);
    const check = (env: Record<string, string>) => {
      const container = { args: ['-t', '-c', file], mounts };
      const run = found.run({ port, env, args: ['-t', '-c', join(folder, file)], container });
      return spawnSync(run.command, run.args, { env: run.env, encoding: 'utf8' });
    };
    const { status, stderr } = check(natsPasswordEnvironment(newNatsPasswords()));
    expect([status, stderr]).toEqual([0, expect.stringContaining('is valid')]);
    // The users are read: without their passwords it refuses.
    expect(check({}).status).not.toBe(0);
  });

  test('let its pods into a namespace that enforces the restricted standard', () => {
    const unprivileged = {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    };
    expect(values.container.merge.securityContext).toEqual(unprivileged);
    expect(values.reloader.merge.securityContext).toEqual(unprivileged);
    const { securityContext, automountServiceAccountToken } = values.podTemplate.merge.spec;
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(automountServiceAccountToken).toBe(false);
    // It brings a pod that says none of this.
    expect(values.natsBox.enabled).toBe(false);
  });

  test('mount the users that the overlays bring', () => {
    const generated = readYaml<{ configMapGenerator: { name: string; files: string[] }[] }>(
      'tools/stack/nats/kustomization.yaml',
    );
    expect(generated.configMapGenerator).toMatchObject([{ name: 'nats-users', files: ['nats.conf'] }]);
    expect(values.podTemplate.patch[0]!.value.configMap).toEqual({ name: 'nats-users' });
  });
});
