import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './lock.mjs';
import { parseScale } from './options.ts';
import { freePorts } from './ports.ts';
import { readRunning } from './running.ts';
import { scratchDir } from './scratch.ts';
import { serviceNames } from './services.ts';
import { startStack, type Stack } from './stack.ts';

// Real servers, and in the place of each service one that only says it is ready.
const standIn = `
const { createServer } = require('node:http');
const answer = (request, response) => response.end('{}');
createServer(answer).listen(Number(process.env.HEALTH_PORT), '127.0.0.1');
if (process.env.PORT) createServer(answer).listen(Number(process.env.PORT));
process.on('SIGTERM', () => process.exit(0));
`;
const house = scratchDir();
const reports: string[] = [];
let stack: Stack;
let port: number;

beforeAll(async () => {
  for (const service of serviceNames) {
    const dist = join(house.path, 'apps', service, 'dist');
    mkdirSync(dist, { recursive: true });
    writeFileSync(join(dist, 'main.js'), standIn);
    writeFileSync(join(dist, 'migrate.js'), '');
  }
  writeFileSync(join(house.path, 'package.json'), '{"type":"commonjs"}');
  [port = 0] = await freePorts(1);
  stack = await startStack(options());
}, 120_000);

afterAll(async () => {
  await stack?.stop();
  house[Symbol.dispose]();
});

function options() {
  const env = { PATH: process.env.PATH };
  const scale = parseScale('products=2');
  const show = {
    report: (text: string) => void reports.push(text),
    step: <T>(_title: string, work: () => Promise<T>) => work(),
  };
  return {
    root: house.path,
    dataDir: join(house.path, 'data'),
    port,
    scale,
    clusters: 2,
    restartAfterMs: 100,
    demo: true,
    env,
    ...show,
  };
}

test('every process has a pid file and a log', () => {
  const names = [...serviceNames, 'products-2', 'postgres', 'postgres-2', 'nats', 'redis'];
  const files = readdirSync(join(house.path, 'data/run'));
  expect(files.filter((file) => file.endsWith('.pid')).toSorted()).toEqual(
    names.map((name) => `${name}.pid`).toSorted(),
  );
  for (const name of names) {
    expect(readFileSync(join(house.path, `data/run/${name}.pid`), 'utf8')).toBe(`${stack.pid(name)}\n`);
    expect(existsSync(join(house.path, `data/log/${name}.log`))).toBe(true);
  }
});

test('a running stack can be found by its data directory', () => {
  expect(readRunning(join(house.path, 'data'))).toEqual({ url: stack.url, operatorKey: stack.operatorKey });
});

test('a second stack on its data directory is refused', async () => {
  await expect(startStack(options())).rejects.toThrow(`is in use by another stack (pid ${process.pid}, ${stack.url})`);
});

test('a gateway without a port is said so before anything starts', async () => {
  const elsewhere = { ...options(), dataDir: join(house.path, 'other') };
  await expect(startStack(elsewhere)).rejects.toThrow(`port ${port} of gateway is taken`);
  expect(readdirSync(join(house.path, 'other/run'))).toEqual([]);
});

test.each(['products', 'nats', 'postgres', 'postgres-2'])('%s comes back when it is killed', async (name) => {
  const first = stack.pid(name) as number;
  process.kill(first, 'SIGKILL');
  for (const late = Date.now() + 20_000; !reports.includes(`${name} is back`) && Date.now() < late;) await sleep(50);
  expect(reports).toContain(`${name} is back`);
  expect(stack.pid(name)).not.toBe(first);
});

describe('stopping', () => {
  test('leaves no process and no pid file', async () => {
    const pids = [...serviceNames, 'products-2', 'postgres', 'postgres-2', 'nats', 'redis'].map(
      (name) => stack.pid(name) as number,
    );
    await stack.stop();
    expect(pids.map(processIdentity)).toEqual(pids.map(() => undefined));
    expect(readdirSync(join(house.path, 'data/run'))).toEqual([]);
  });
});
