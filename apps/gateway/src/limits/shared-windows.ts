import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import type { GatewayConfig } from '../config.js';
import { Window } from './window.js';
import { WindowLedger } from './window-ledger.js';

type Record = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** What a gateway lets through on its own word, as a share of the limit: so far a limit can be passed by each gateway. */
const leaseShare = 1 / 50;
/** What was let through is told after this at the latest. */
const tellEveryMs = 200;
/** A request waits for Redis so long and no longer, for all of its limits together. */
const patienceMs = 80;
const maxWindows = 200_000;

/** Who waits: one request, which several limits count one after the other. */
export interface Waiter {
  /** Milliseconds that it has waited for Redis so far. */
  limitsWaitedMs: number;
}

/**
 * Counts requests in sliding windows, shared by all gateways through Redis. Each lets a lease of every limit through on its own word; who
 * asks for more waits for one round trip, in which the gateway tells what it has let through and learns what the others have. Until its
 * lease is used up nobody waits. While Redis is away or slow each gateway limits what it sees.
 */
@Injectable()
export class SharedWindows implements ThrottlerStorage, OnApplicationShutdown {
  private readonly windows = new LRUCache<string, Window>({ max: maxWindows });
  private changed = new Map<string, Window>();
  private readonly ledger: WindowLedger;
  private readonly timer: NodeJS.Timeout;
  private telling: Promise<void> | undefined;

  constructor(@Inject(CONFIG) config: GatewayConfig, @Inject(LOG) log: Log) {
    this.ledger = new WindowLedger(config.REDIS_URL, log);
    this.timer = setInterval(() => void this.tell(), tellEveryMs);
    this.timer.unref();
  }

  /** As {@link count}, for who waits for this limit alone: @nestjs/throttler's own way. */
  async increment(key: string, ttl: number, limit: number): Promise<Record> {
    return this.count(key, ttl, limit, { limitsWaitedMs: 0 });
  }

  /**
   * Counts one request under `key`, at once where Redis need not be asked. `ttl` in milliseconds; the answer's times in seconds, as
   * @nestjs/throttler has them.
   */
  count(key: string, ttl: number, limit: number, waiter: Waiter): Record | Promise<Record> {
    const now = Date.now();
    const window = this.windowOf(key, ttl, now);
    return this.mustAsk(window, limit, now) && waiter.limitsWaitedMs < patienceMs
      ? this.askAndTake(key, ttl, limit, waiter)
      : this.take(key, window, limit, now);
  }

  /** Takes back one of what was counted under `key`, where it is still counted. */
  giveBack(key: string): void {
    const window = this.windows.get(key);
    if (!window || window.own === 0) return;
    window.own--;
    this.changed.set(key, window);
  }

  /** Whether the other gateways' counts are known: not while Redis is away. */
  get isShared(): boolean {
    return this.ledger.answers;
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.telling;
    await this.tell();
    this.ledger.close();
  }

  /** Whoever waited beside us may have used up what was learnt: then it is asked again, while there is patience. */
  private async askAndTake(key: string, ttl: number, limit: number, waiter: Waiter): Promise<Record> {
    const begunAt = performance.now();
    const patience = this.patience(waiter.limitsWaitedMs);
    let now = Date.now();
    let window = this.windowOf(key, ttl, now);
    while (this.mustAsk(window, limit, now) && !patience.isOver) {
      await Promise.race([this.tell(), patience.end]);
      now = Date.now();
      window = this.windowOf(key, ttl, now);
    }
    patience.cancel();
    waiter.limitsWaitedMs += performance.now() - begunAt;
    return this.take(key, window, limit, now);
  }

  private patience(waitedMs: number): { readonly isOver: boolean; readonly end: Promise<void>; cancel: () => void } {
    const cancelled = new AbortController();
    const state = { isOver: false };
    const end = async (): Promise<void> => {
      await sleep(patienceMs - waitedMs, undefined, { signal: cancelled.signal });
      // Of a process that stood still the timer is heard first: an answer that lies in the socket comes in this turn.
      await nextTurn();
      state.isOver = true;
      // Of who had waited before it says nothing.
      if (waitedMs === 0) this.ledger.distrust();
    };
    // It fails only by being cancelled.
    const ended = end().catch(() => undefined);
    return {
      get isOver() {
        return state.isOver;
      },
      end: ended,
      cancel: () => cancelled.abort(),
    };
  }

  private mustAsk(window: Window, limit: number, now: number): boolean {
    const isLeaseSpent = window.own - window.told >= Math.max(1, limit * leaseShare);
    return isLeaseSpent && this.ledger.answers && window.countAt(now) < limit;
  }

  private windowOf(key: string, ttl: number, now: number): Window {
    const endsAt = (Math.floor(now / ttl) + 1) * ttl;
    const known = this.windows.get(key);
    if (known?.endsAt === endsAt) return known;
    const window = new Window(endsAt, ttl, known?.endsAt === endsAt - ttl ? known.total : 0);
    this.windows.set(key, window);
    return window;
  }

  private take(key: string, window: Window, limit: number, now: number): Record {
    const totalHits = window.countAt(now) + 1;
    const isBlocked = totalHits > limit;
    // A refused request takes nothing away from anybody and need not be told.
    if (!isBlocked) {
      window.own++;
      this.changed.set(key, window);
    }
    return {
      totalHits,
      timeToExpire: Math.ceil((window.endsAt - now) / 1000),
      isBlocked,
      timeToBlockExpire: isBlocked ? Math.max(1, Math.ceil(window.roomInMs(now, limit) / 1000)) : 0,
    };
  }

  /** One exchange at a time; who comes meanwhile waits for the one under way. */
  private tell(): Promise<void> {
    if (!this.telling && this.changed.size === 0) return Promise.resolve();
    this.telling ??= this.tellNow().finally(() => (this.telling = undefined));
    return this.telling;
  }

  private async tellNow(): Promise<void> {
    const told = this.changed;
    this.changed = new Map();
    for (const name of await this.ledger.exchange(told)) {
      const window = told.get(name);
      const isOver = !window || window.endsAt + window.spanMs < Date.now();
      if (!isOver && !this.changed.has(name)) this.changed.set(name, window);
    }
  }
}
