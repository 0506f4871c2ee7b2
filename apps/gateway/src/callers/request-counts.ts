import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Usage } from '@tenantry/contracts';
import { asServiceError, LOG, type Log, Messages } from '@tenantry/service-kit';

export const tellEveryMs = 5000;
/** As many tenants as one message may name. */
const batchSize = 1000;
/** As many as the gateway knows at once; further ones are not counted until the next telling. */
const mostTenants = 50_000;

/**
 * How many requests came of each tenant since the registry was last told.
 *
 * Invariant: a request is told of at most once. What could not have been heard is told again; where an answer is missing it is not, since
 * too few is the lesser error. A process that is killed takes what it has not told with it: {@link tellEveryMs} of its own at most.
 */
@Injectable()
export class RequestCounts implements OnApplicationBootstrap, OnModuleDestroy {
  private counts = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(Messages) private readonly messages: Pick<Messages, 'ask'>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tell(), tellEveryMs);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.tell();
  }

  /** On the way of every request: nothing but an addition. */
  count(tenantId: string): void {
    this.add(tenantId, 1);
  }

  /** Tells the registry of all there is. */
  async tell(): Promise<void> {
    const told = [...this.counts].map(([tenantId, requests]) => ({ tenantId, requests }));
    this.counts = new Map();
    for (let at = 0; at < told.length; at += batchSize) await this.tellOf(told.slice(at, at + batchSize));
  }

  private async tellOf(counts: { tenantId: string; requests: number }[]): Promise<void> {
    try {
      await this.messages.ask(Usage.count, { counts });
    } catch (err) {
      const isUnheard = asServiceError(err).code === 'service-unavailable';
      this.log.warn({ err, tenants: counts.length, isUnheard }, 'requests of tenants could not be told of');
      if (isUnheard) for (const { tenantId, requests } of counts) this.add(tenantId, requests);
    }
  }

  private add(tenantId: string, requests: number): void {
    const before = this.counts.get(tenantId);
    if (before === undefined && this.counts.size >= mostTenants) return;
    this.counts.set(tenantId, (before ?? 0) + requests);
  }
}
