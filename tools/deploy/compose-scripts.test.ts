import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '@tenantry/stack/ports.ts';
import { until } from '@tenantry/testing';
import { root } from './files.ts';
import { runCommand, type Running } from './run-command.ts';

describe('register-cluster.mjs', () => {
  let server: Server | undefined;
  const runs: Running[] = [];
  afterEach(() => {
    server?.close();
    for (const { child } of runs.splice(0)) child.kill('SIGKILL');
  });

  /** Starts it; who it asks is at this port, now or later. */
  function register(port: number): Running {
    const env = {
      ...{ PATH: process.env['PATH'], GATEWAY_URL: `http://127.0.0.1:${port}`, OPERATOR_KEY: 'tok_of-this-test' },
      ...{ CLUSTER_NAME: 'b', PROVISIONER_URL: 'postgres://provisioner:secret@cluster-b:5432/postgres' },
    };
    const started = runCommand(process.execPath, [join(root, 'deploy/compose/register-cluster.mjs')], { env });
    runs.push(started);
    return started;
  }

  /** Answers with these, one after another. */
  async function answer(port: number, ...statuses: number[]): Promise<void> {
    server = createServer((_request, response) => {
      response.writeHead(statuses.shift() ?? 500, { connection: 'close' }).end('{}');
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  test('tries again while nobody is there, and while the gateway cannot', async () => {
    const port = await freePort();
    const { ended, output } = register(port);
    await until('it has tried', 20_000, () => output().includes('ECONNREFUSED'));
    await answer(port, 503, 201);
    expect([await ended, output()]).toEqual([[0, null], expect.stringMatching(/the cluster b is registered\n$/)]);
  });

  test('takes one that is known for done, and a refusal for the last word', async () => {
    const port = await freePort();
    await answer(port, 409, 401, 201);
    const known = register(port);
    expect([await known.ended, known.output()]).toEqual([[0, null], 'the cluster b is known\n']);
    const refused = register(port);
    expect([await refused.ended, refused.output()]).toEqual([[1, null], expect.stringContaining('not registered: {}')]);
  });
});

describe('replica.sh', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tenantry-replica-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs it with programs that only write down that they were called; the copy is the one that matters. */
  function run(copy: string): number | null {
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    for (const [name, script] of Object.entries({ pg_basebackup: copy, psql: '', postgres: '' })) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const env = {
      PATH: `${bin}:${process.env['PATH']}`,
      PGDATA: join(folder, 'standby'),
      REPLICATION_PASSWORD: 'secret',
    };
    return spawnSync('sh', [join(root, 'deploy/compose/replica.sh')], { env }).status;
  }
  const calls = (): string[] =>
    readFileSync(join(folder, 'calls'), 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[0]!)
      .filter(Boolean);
  const begin = 'mkdir -p "$2" && echo 18 > "$2/PG_VERSION"';

  test('takes no copy that was broken off for a database, and makes it anew', () => {
    expect(run(`${begin} && exit 1`)).not.toBe(0);
    expect(calls()).toEqual(['psql', 'pg_basebackup']);
    expect(run(`test ! -e "$2" && ${begin} && touch "$2/whole"`)).toBe(0);
    expect(calls().slice(2)).toEqual(['psql', 'pg_basebackup', 'postgres']);
    expect(existsSync(join(folder, 'standby/whole'))).toBe(true);
  });

  test('copies once, and holds its place by a slot', () => {
    expect([run(begin), run(begin)]).toEqual([0, 0]);
    expect(calls()).toEqual(['psql', 'pg_basebackup', 'postgres', 'postgres']);
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toContain('--create-slot --slot standby');
  });
});
