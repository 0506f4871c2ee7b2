import { createServer, type Server, type Socket, connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
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

  /** Takes what is sent and answers nothing. */
  silence(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
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
/** Redis, emptied of this key as if it had been started anew. */
const forget = async (): Promise<void> => {
  const redis = new Redis(testServers().redisUrl);
  await redis.del(await redis.keys(`limit:${key}*`));
  redis.disconnect();
};
/** Long enough for what was counted to be told and heard. */
const settle = () => sleep(500);

beforeEach(async () => {
  wire = await Wire.lay();
  key = `test:${randomBytes(8).toString('hex')}`;
  // A window that ends meanwhile would forget what was counted.
  const leftMs = minuteMs - (Date.now() % minuteMs);
  if (leftMs < 10_000) await sleep(leftMs + 50);
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
    await count(one, 1);
    await settle();
    expect((await count(one, 1))[0]).toMatchObject({ totalHits: 11 });
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

  it('that Redis forgets is told again', async () => {
    const [one, other] = [gateway(), gateway()];
    await settle();
    await count(one, 5);
    await settle();
    await forget();
    await count(one, 1);
    await settle();
    await count(other, 1);
    await settle();
    expect((await count(other, 1))[0]).toMatchObject({ totalHits: 8 });
  });
});

describe.each([1, 2])('%i gateways', (number) => {
  it.each([10, 100, 600, 6000])(
    'asked for twenty times the limit of %i at once let it through, within 5 %%',
    async (limit) => {
      const all = Array.from({ length: number }, () => gateway());
      await settle();
      const asked = all.map(async (windows) => {
        let passed = 0;
        for (let sent = 0; sent < (20 * limit) / number; sent += 50) {
          const answers = await Promise.all(Array.from({ length: 50 }, () => windows.increment(key, minuteMs, limit)));
          passed += answers.filter(({ isBlocked }) => !isBlocked).length;
          // As requests do, these come in over many turns of the loop.
          await new Promise((resolve) => setImmediate(resolve));
        }
        return passed;
      });
      const passed = (await Promise.all(asked)).reduce((sum, one) => sum + one, 0);
      expect(passed).toBeGreaterThanOrEqual(limit);
      // A gateway's lease is one request at the least.
      expect(passed).toBeLessThanOrEqual(Math.max(limit * 1.05, limit + number - 1));
    },
  );
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

  it('that is there and says nothing, nobody waits for more than 100 ms, and the limit holds', async () => {
    const windows = gateway(wire.url);
    await settle();
    wire.silence();
    const counts: { tookMs: number; isBlocked: boolean }[] = [];
    for (let sent = 0; sent < 40; sent++) {
      const begunAt = performance.now();
      const { isBlocked } = await windows.increment(key, minuteMs, 30);
      counts.push({ tookMs: performance.now() - begunAt, isBlocked });
    }
    expect(Math.max(...counts.map(({ tookMs }) => tookMs))).toBeLessThan(100);
    expect(counts.filter(({ isBlocked }) => !isBlocked)).toHaveLength(30);
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
