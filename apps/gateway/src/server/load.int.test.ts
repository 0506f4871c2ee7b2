import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Metrics } from '@tenantry/service-kit';
import { Client, until } from '@tenantry/testing';
import Fastify, { type FastifyInstance } from 'fastify';
import { Load } from './load.js';
import { Refused } from './refused.js';

const most = 20;
let server: FastifyInstance;
let http: Client;
let load: Load;
let metrics: Metrics;
/** Answers all that wait at /held. */
let answer: () => void;
let held: number;

beforeEach(async () => {
  metrics = new Metrics('gateway');
  load = new Load({ MAX_IN_FLIGHT: most }, new Refused(metrics));
  server = Fastify({ forceCloseConnections: true });
  held = 0;
  let waiting = Promise.withResolvers<string>();
  answer = () => {
    waiting.resolve('done');
    waiting = Promise.withResolvers();
  };
  server.get('/held', () => (held++, waiting.promise));
  server.get('/aside', (_, reply) => (held++, load.aroundWait(reply.raw, waiting.promise)));
  server.get('/at-once', () => 'done');
  // More than lies in any socket's buffers.
  server.get('/large', () => (held++, Buffer.alloc(32 * 1024 * 1024)));
  load.guard(server);
  http = Client.of(await server.listen({ port: 0, host: '127.0.0.1' }));
});
afterEach(async () => {
  answer();
  load.onApplicationShutdown();
  http.close();
  await server.close();
});

async function hold(path: string, times: number, by = http) {
  const before = held;
  const answers = Array.from({ length: times }, () => by.get(path));
  await until('they are in hand', 5000, () => held === before + times);
  return answers;
}

/** As many as ever are taken in hand, and no more: nobody is counted who has left. */
async function takesMost(): Promise<void> {
  const answers = await hold('/held', most);
  expect((await http.get('/at-once')).status).toBe(503);
  answer();
  for (const one of await Promise.all(answers)) expect(one.status).toBe(200);
}

describe('a server with as much in hand as it can do', () => {
  it('refuses what comes then, fast, and serves again afterwards', async () => {
    const answers = await hold('/held', most);
    const took = [];
    for (let sent = 0; sent < 20; sent++) {
      const refused = await http.get('/at-once?token=secret');
      expect(refused).toMatchObject({
        status: 503,
        body: { type: '/problems/overloaded', title: 'Overloaded', status: 503, instance: '/at-once' },
        headers: {
          'retry-after': '1',
          'x-content-type-options': 'nosniff',
          'content-type': 'application/problem+json',
        },
      });
      expect(refused.body['requestId']).toBe(refused.headers['x-request-id']);
      took.push(refused.tookMs);
    }
    expect(took.toSorted((a, b) => a - b)[10]).toBeLessThan(50);
    expect(await metrics.page()).toContain('tenantry_refused_total{why="in-hand",service="gateway"} 20');
    answer();
    for (const one of await Promise.all(answers)) expect(one.status).toBe(200);
    expect((await http.get('/at-once')).status).toBe(200);
  });

  it('counts nobody who waits for a client', async () => {
    const aside = await hold('/aside', most);
    expect((await http.get('/at-once')).status).toBe(200);
    answer();
    for (const one of await Promise.all(aside)) expect(one.status).toBe(200);
    await takesMost();
  });

  it('counts nobody who does not read their answer', async () => {
    const { hostname, port } = new URL(http.url);
    const deaf = Array.from({ length: most }, () => connect(Number(port), hostname).pause());
    for (const socket of deaf) socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('all are answered', 5000, () => held === most);
    expect((await http.get('/at-once')).status).toBe(200);
    for (const socket of deaf) socket.destroy();
    await takesMost();
  });

  it('refuses who waited for a client, where their place is taken by then', async () => {
    const aside = await hold('/aside', 2 * most);
    const inHand = await hold('/held', most);
    expect((await http.get('/at-once')).status).toBe(503);
    answer();
    for (const one of await Promise.all(aside)) expect(one.status).toBe(503);
    for (const one of await Promise.all(inHand)) expect(one.status).toBe(200);
    await takesMost();
  });

  it('counts nobody any more who has gone', async () => {
    const going = Client.of(http.url);
    const gone = [...(await hold('/aside', most, going)), ...(await hold('/held', most, going))];
    going.close();
    await Promise.allSettled(gone);
    await until('it is seen', 5000, async () => (await http.get('/at-once')).status === 200);
    await takesMost();
  });
});

describe('a server whose loop stood still', () => {
  const standStill = async (ms: number): Promise<void> => {
    for (const end = performance.now() + ms; performance.now() < end;);
    await sleep(1);
  };

  it('for more than a second, and again right after, refuses what comes then, and serves once it keeps up', async () => {
    await standStill(1500);
    await standStill(1500);
    expect(load.tooMuch).toBe('lag');
    expect((await http.get('/at-once')).status).toBe(503);
    await until('it keeps up', 5000, async () => (await http.get('/at-once')).status === 200);
    expect(await metrics.page()).toContain('tenantry_refused_total{why="lag",service="gateway"}');
  });

  it.each([
    ['for less', 300, 3],
    ['once', 1500, 1],
  ])('%s serves on', async (_, ms, times) => {
    await until('it keeps up', 5000, () => load.tooMuch === undefined);
    for (let time = 0; time < times; time++) await standStill(ms);
    expect(load.tooMuch).toBeUndefined();
    expect((await http.get('/at-once')).status).toBe(200);
  });
});
