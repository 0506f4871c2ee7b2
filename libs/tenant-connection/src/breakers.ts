import { circuitBreaker, type CircuitBreakerPolicy, ConsecutiveBreaker, handleWhen, type IBackoff } from 'cockatiel';
import { LRUCache } from 'lru-cache';
import { type FailureKind, kindOf } from './failures.js';

interface BreakerLimits {
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  readonly breakerOpenMaxMs: number;
}

/** Doubles with each opening in a row, up to a limit, with half of it left to chance. */
class OpenTime implements IBackoff<unknown> {
  readonly duration: number;

  constructor(
    private readonly ms: number,
    private readonly maxMs: number,
    private readonly tell: (ms: number) => void,
  ) {
    this.duration = Math.ceil(Math.min(ms, maxMs) * (0.5 + Math.random() / 2));
    tell(this.duration);
  }

  next(): OpenTime {
    return new OpenTime(this.ms * 2, this.maxMs, this.tell);
  }
}

/** A cockatiel breaker that can say for how long it stays open. */
class Breaker {
  openUntil = 0;
  private readonly policy: CircuitBreakerPolicy;

  constructor(kind: FailureKind, limits: BreakerLimits) {
    const tell = (ms: number): void => {
      this.openUntil = Date.now() + ms;
    };
    this.policy = circuitBreaker(
      handleWhen((failure) => kindOf(failure) === kind),
      {
        breaker: new ConsecutiveBreaker(limits.breakerFailures),
        halfOpenAfter: { next: () => new OpenTime(limits.breakerOpenMs, limits.breakerOpenMaxMs, tell) },
      },
    );
  }

  execute<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.policy.execute(work);
  }

  get openMs(): number {
    return Math.max(0, this.openUntil - Date.now());
  }
}

/**
 * The breakers of one cluster: one of its own, and for each tenant in trouble one per kind of its failures. They outlive pools and
 * directory entries, so that a tenant made anew does not start a new storm; a breaker exists from its tenant's first failure.
 */
export class Breakers {
  private readonly cluster: Breaker;
  private readonly tenants = new LRUCache<string, Breaker>({ max: 10_000 });

  constructor(private readonly limits: BreakerLimits) {
    this.cluster = new Breaker('cluster', limits);
  }

  /** Milliseconds for which connecting is pointless; 0 where it may be tried. */
  openMs(tenantId: string): number {
    const own = Math.max(this.of(tenantId, 'credentials')?.openMs ?? 0, this.of(tenantId, 'connect')?.openMs ?? 0);
    return Math.max(own, this.cluster.openMs);
  }

  async run<Result>(tenantId: string, connect: () => Promise<Result>): Promise<Result> {
    const inner = [this.of(tenantId, 'credentials'), this.of(tenantId, 'connect')].reduce(
      (work, breaker) => (breaker ? () => breaker.execute(work) : work),
      connect,
    );
    try {
      const result = await this.cluster.execute(inner);
      this.tenants.delete(`connect ${tenantId}`);
      this.tenants.delete(`credentials ${tenantId}`);
      return result;
    } catch (failure) {
      const kind = kindOf(failure);
      if (kind !== 'cluster' && this.of(tenantId, kind) === undefined) await this.firstFailure(tenantId, kind, failure);
      throw failure;
    }
  }

  /** Those open now, for the snapshot. */
  snapshot(): { clusterOpenMs: number; tenantsOpen: number } {
    let tenantsOpen = 0;
    for (const breaker of this.tenants.values()) if (breaker.openMs > 0) tenantsOpen++;
    return { clusterOpenMs: this.cluster.openMs, tenantsOpen };
  }

  private of(tenantId: string, kind: FailureKind): Breaker | undefined {
    return this.tenants.size === 0 ? undefined : this.tenants.get(`${kind} ${tenantId}`);
  }

  private async firstFailure(tenantId: string, kind: FailureKind, failure: unknown): Promise<void> {
    const breaker = new Breaker(kind, this.limits);
    this.tenants.set(`${kind} ${tenantId}`, breaker);
    await breaker.execute(() => Promise.reject(failure as Error)).catch(() => undefined);
  }
}
