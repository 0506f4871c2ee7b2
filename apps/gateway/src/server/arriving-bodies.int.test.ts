import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@tenantry/testing';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';

/** More than are taken in hand at once, as are those of them that are kept. */
const slow = 1200;
/** A name that no tenant can have: nobody is asked about it, and a login is refused for it only after its body. */
const head = (from: string, length: number): string =>
  [
    'POST /v1/auth/login HTTP/1.1',
    'Host: x',
    'X-Tenant: -',
    `X-Forwarded-For: ${from}`,
    'Content-Type: application/json',
    `Content-Length: ${length}\r\n\r\n`,
  ].join('\r\n');

let gateway: OwnGateway;
const sockets: Slow[] = [];
/** Without limits, as if each named another tenant: what stops them is not how often they come. */
const env = { TRUSTED_PROXIES: '127.0.0.1', TENANTRY_LIMITS: 'off', MAX_IN_FLIGHT: '80' };
beforeAll(async () => void (gateway = await startOwnGateway(env)));
afterEach(() => letGo());
afterAll(async () => gateway[Symbol.asyncDispose]());

/** A client that sends these bytes and no more. */
class Slow {
  heard = '';
  readonly isSent: Promise<void>;
  private readonly socket: Socket;

  constructor(...parts: (string | Buffer)[]) {
    this.socket = connect(gateway.port, '127.0.0.1');
    this.socket.on('data', (bytes) => (this.heard += bytes.toString('latin1'))).on('error', () => undefined);
    for (const part of parts.slice(0, -1)) this.socket.write(part);
    this.isSent = new Promise((resolve) => this.socket.write(parts.at(-1)!, () => resolve()));
    sockets.push(this);
  }

  end(): void {
    this.socket.destroy();
  }
}

const letGo = () => sockets.splice(0).forEach((socket) => socket.end());
const answered = (status: number) => sockets.filter(({ heard }) => heard.startsWith(`HTTP/1.1 ${status} `));
const post = (from: string) =>
  gateway.http.send('POST', '/v1/auth/login', '{}', {
    'x-forwarded-for': from,
    'x-tenant': '-',
    'content-type': 'application/json',
  });

describe('clients that keep their bodies back', () => {
  it('have room for a hundred of one address, and take nobody else any', async () => {
    const [one, other] = ['198.51.100.1', '198.51.100.2'];
    for (let index = 0; index < slow; index++) new Slow(head(one, 1000) + '{');
    await until('the others of them are refused', 4000, () => answered(503).length === slow - 100);
    expect(answered(503)[0]!.heard).toMatch(/retry-after: 1\r\n[^]*"type":"\/problems\/overloaded"/i);
    const answers = [];
    for (let sent = 0; sent < 50; sent++) {
      answers.push(await gateway.http.with({ 'x-forwarded-for': other }).get('/problems/validation'));
      // It says nothing to the point, but it was read.
      expect((await post(other)).status).toBe(422);
    }
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)[25]).toBeLessThan(200);
    letGo();
    await until('who let go is heard again', 10_000, async () => (await post(one)).status === 422);
  }, 30_000);

  const nearly = Buffer.alloc(1_000_000, ' ');
  const beginMany = async (count: number, addressOf: (index: number) => string, refused: number): Promise<void> => {
    for (let index = 0; index < count; index++) new Slow(head(addressOf(index), 1_000_001), nearly);
    await until('what is too much is refused', 4500, () => answered(503).length >= refused);
    // What is refused makes room: most of what fits is kept.
    expect(answered(503).length).toBeLessThanOrEqual(refused + 8);
  };

  it('have 16 MB of one address for what they have sent', async () => {
    await beginMany(30, () => '198.51.100.3', 14);
    expect((await post('198.51.100.4')).status).toBe(422);
    letGo();
    await until('there is room again', 10_000, async () => (await post('198.51.100.3')).status === 422);
  }, 30_000);

  it('have 64 MB of all addresses', async () => {
    await beginMany(78, (index) => `198.51.100.${10 + (index % 6)}`, 11);
    letGo();
    await until('there is room again', 10_000, async () => (await post('198.51.100.10')).status === 422);
  }, 30_000);
});
