import { createServer, type Server, type Socket, connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '@tenantry/service-kit';
import { testServers } from '@tenantry/testing';
import type { GatewayConfig } from '../config.js';
import { SharedWindows } from './shared-windows.js';

const minuteMs = 60_000;
const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });

/** Redis behind a wire that can be cut. */
class Wire {
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  private constructor(private readonly server: Server) {}

  static async lay(): Promise<Wire> {
    const { hostname, port } = new URL(testServers().redisUrl);
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      if (wire.isCut) near.destroy();
      for (const socket of [near, far]) {
        wire.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => [near, far].forEach((one) => one.destroy()));
      }
      near.pipe(far).pipe(near);
    });
    const wire = new Wire(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get url(): string {
    const url = new URL(testServers().redisUrl);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  remove(): void {
    this.cut();
    this.server.close();
  }
}

let wire: Wire;
let key: string;
const gateways: SharedWindows[] = [];
const gateway = (url = testServers().redisUrl): SharedWindows => {
  const windows = new SharedWindows({ REDIS_URL: url } as GatewayConfig, log);
  gateways.push(windows);
  return windows;
};
const count = async (windows: SharedWindows, times: number, limit = 100) => {
  const counts = [];
  for (let sent = 0; sent < times; sent++) counts.push(await windows.increment(key, minuteMs, limit));
  return counts;
};
/** Long enough for what was counted to be told and heard. */
const settle = () => sleep(300);

beforeEach(async () => {
  wire = await Wire.lay();
  key = `test:${randomBytes(8).toString('hex')}`;
  // A window that ends meanwhile would forget what was counted.
  const leftMs = minuteMs - (Date.now() % minuteMs);
  if (leftMs < 4000) await sleep(leftMs + 50);
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((windows) => windows.onApplicationShutdown()));
  wire.remove();
});

describe('a window', () => {
  it('lets as many through as its limit says, and says when there is room again', async () => {
    const counts = await count(gateway(), 7, 5);
    expect(counts.map(({ isBlocked }) => isBlocked)).toEqual([false, false, false, false, false, true, true]);
    expect(counts.at(-1)!.timeToBlockExpire).toBeGreaterThan(0);
    expect(counts.at(-1)!.timeToBlockExpire).toBeLessThanOrEqual(60);
  });

  it('is one for all gateways', async () => {
    const [one, other] = [gateway(), gateway()];
    await settle();
    await count(one, 3);
    await count(other, 4);
    await settle();
    await Promise.all([count(one, 1), count(other, 1)]);
    await settle();
    const [last] = await count(one, 1);
    expect(last).toMatchObject({ totalHits: 10 });
  });

  it('of one key is none of another', async () => {
    const windows = gateway();
    await count(windows, 5, 5);
    expect(await windows.increment(`${key}:other`, minuteMs, 5)).toMatchObject({ totalHits: 1, isBlocked: false });
  });

  it('survives the gateway that counted', async () => {
    const leaving = gateway();
    await settle();
    await count(leaving, 5);
    await leaving.onApplicationShutdown();
    const next = gateway();
    await settle();
    await count(next, 1);
    await settle();
    expect((await count(next, 1))[0]).toMatchObject({ totalHits: 7 });
  });
});

describe('without Redis', () => {
  it('a gateway limits what it sees, without waiting', async () => {
    wire.cut();
    const windows = gateway(wire.url);
    const begunAt = performance.now();
    const counts = await count(windows, 7, 5);
    expect(performance.now() - begunAt).toBeLessThan(100);
    expect(counts.map(({ isBlocked }) => isBlocked)).toEqual([false, false, false, false, false, true, true]);
  });

  it('what was counted meanwhile is told afterwards, once', async () => {
    const [cutOff, watching] = [gateway(wire.url), gateway()];
    await settle();
    await count(cutOff, 2);
    await settle();
    wire.cut();
    await count(cutOff, 3);
    await settle();
    wire.mend();
    // The client comes back within its longest pause.
    await sleep(1500);
    await settle();
    await count(watching, 1);
    await settle();
    expect((await count(watching, 1))[0]).toMatchObject({ totalHits: 7 });
  });
});
