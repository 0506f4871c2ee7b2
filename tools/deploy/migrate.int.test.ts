import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '@tenantry/stack/ports.ts';
import { OwnPostgres, until } from '@tenantry/testing';
import { root } from './files.ts';
import { runCommand, type Running } from './run-command.ts';

/** The job's program, with its database at this port. */
function migrate(app: string, variable: string, database: string, port: number): Running {
  const url = Object.assign(new URL(database), { port: String(port) });
  const env = { PATH: process.env['PATH'], [variable]: url.href };
  return runCommand(process.execPath, ['dist/migrate.js'], { cwd: join(root, 'apps', app), env });
}

/** Lets the server be found at another port, as if it began there now; its end is the caller's. */
async function appear(database: string, port: number): Promise<Server> {
  const door = createServer((socket) => {
    const inner = connect(Number(new URL(database).port), '127.0.0.1');
    socket.pipe(inner).pipe(socket);
    for (const end of [socket, inner]) end.on('error', () => [socket, inner].forEach((each) => each.destroy()));
  }).listen(port, '127.0.0.1');
  await once(door, 'listening');
  return door;
}

describe.each([
  ['auth', 'AUTH_DATABASE_URL'],
  ['tenant-registry', 'REGISTRY_DATABASE_URL'],
])('the job that migrates for %s', (app, variable) => {
  let postgres: OwnPostgres;
  beforeAll(async () => void (postgres = await OwnPostgres.start()), 60_000);
  afterAll(() => postgres.stop());

  test('waits for a server that is not there yet, says so, and then migrates', async () => {
    const port = await freePort();
    const { child, output, ended } = migrate(app, variable, postgres.url, port);
    let door: Server | undefined;
    try {
      await until('it waits', 20_000, () => output().includes('waiting for the database: connect ECONNREFUSED'));
      expect(child.exitCode).toBeNull();
      door = await appear(postgres.url, port);
      expect([await ended, output()]).toEqual([[0, null], expect.stringMatching(/database at version \d+\n$/)]);
    } finally {
      child.kill('SIGKILL');
      door?.close();
    }
  }, 60_000);
});
