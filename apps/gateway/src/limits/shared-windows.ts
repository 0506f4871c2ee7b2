import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { GatewayConfig } from '../config.js';

interface Window {
  /** What all gateways together had counted when we last asked. */
  shared: number;
  /** What we have counted and not yet told. */
  untold: number;
  /** What is on its way to Redis. */
  underWay: number;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

type Record = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** How far the gateways' counts may drift apart: at 6,000 a minute, 5 requests each. */
const tellEveryMs = 50;
const maxWindows = 200_000;

/**
 * Counts requests in fixed windows, shared by all gateways through Redis without waiting for it: each counts by itself and tells the others
 * every 50 ms. While Redis is gone each gateway limits what it sees.
 *
 * Invariant: a count is told at most once; what could not be told stays in this gateway's own count.
 */
@Injectable()
export class SharedWindows implements ThrottlerStorage, OnApplicationShutdown {
  private readonly windows = new LRUCache<string, Window>({ max: maxWindows });
  private readonly changed = new Map<string, Window>();
  private readonly redis: Redis;
  private readonly timer: NodeJS.Timeout;
  private telling = false;

  constructor(
    @Inject(CONFIG) config: GatewayConfig,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.redis = new Redis(config.REDIS_URL, {
      // A command is sent now or not at all: limits must never wait for Redis.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: 100,
      connectTimeout: 1000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
    });
    this.redis.on('error', (err: Error) => log.debug({ err }, 'Redis is away; limits are local'));
    this.timer = setInterval(() => void this.tell(), tellEveryMs);
    this.timer.unref();
  }

  /** Whether the other gateways' counts are known: not while Redis is away. */
  get isShared(): boolean {
    return this.redis.status === 'ready';
  }

  /** Counts one request under `key`. `ttl` in milliseconds; the answer's times in seconds, as @nestjs/throttler has them. */
  increment(key: string, ttl: number, limit: number): Promise<Record> {
    const now = Date.now();
    const endsAt = (Math.floor(now / ttl) + 1) * ttl;
    const name = `${key}:${endsAt}`;
    let window = this.windows.get(name);
    if (!window) {
      window = { shared: 0, untold: 0, underWay: 0, endsAt };
      this.windows.set(name, window, { ttl: ttl + 1000 });
    }
    const secondsLeft = Math.ceil((endsAt - now) / 1000);
    const hits = window.shared + window.underWay + window.untold + 1;
    const isBlocked = hits > limit;
    // A refused request takes nothing away from the next window and need not be told.
    if (!isBlocked) {
      window.untold++;
      this.changed.set(name, window);
    }
    return Promise.resolve({
      totalHits: hits,
      timeToExpire: secondsLeft,
      isBlocked,
      timeToBlockExpire: isBlocked ? secondsLeft : 0,
    });
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.tell();
    this.redis.disconnect();
  }

  /** Tells Redis what was counted since, and learns what the others have. */
  private async tell(): Promise<void> {
    if (this.telling || this.changed.size === 0 || this.redis.status !== 'ready') return;
    this.telling = true;
    const told = [...this.changed];
    this.changed.clear();
    const pipeline = this.redis.pipeline();
    for (const [name, window] of told) {
      window.underWay = window.untold;
      window.untold = 0;
      pipeline.incrby(`limit:${name}`, window.underWay);
      pipeline.pexpireat(`limit:${name}`, window.endsAt + 1000);
    }
    try {
      const answers = (await pipeline.exec()) ?? [];
      told.forEach(([name, window], index) => {
        const [error, total] = answers[index * 2] ?? [new Error('no answer')];
        if (error) this.keep(name, window);
        else {
          window.shared = Number(total);
          window.underWay = 0;
        }
      });
    } catch (err) {
      this.log.debug({ err }, 'Redis did not answer; limits are local');
      for (const [name, window] of told) this.keep(name, window);
    } finally {
      this.telling = false;
    }
  }

  private keep(name: string, window: Window): void {
    window.untold += window.underWay;
    window.underWay = 0;
    this.changed.set(name, window);
  }
}
