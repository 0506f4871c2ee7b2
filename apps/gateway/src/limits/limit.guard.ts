import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { type Resolvable, ThrottlerGuard } from '@nestjs/throttler';
import { CONFIG } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import type { GatewayConfig } from '../config.js';
import { admit } from './admit.js';
import { Refusals } from './refusals.js';
import { SharedWindows } from './shared-windows.js';

/** What a route's decorators say, or else the module. */
interface Terms {
  readonly limit: Resolvable<number>;
  readonly ttl: Resolvable<number>;
}

const admitted = Promise.resolve(true);

/** Of the functions that may stand for a number, those of this gateway know it at once. */
function numberOf(resolvable: Resolvable<number>, context: ExecutionContext): number {
  const value = typeof resolvable === 'function' ? resolvable(context) : resolvable;
  if (typeof value !== 'number') throw new TypeError('a limit must be known at once');
  return value;
}

/**
 * One of the gateway's rate limits: @nestjs/throttler's guard for a single throttler, with headers and an error of our own (limits/admit.ts).
 * What module and decorators say is worked out once a route. The guard's own way looks through the decorators for each request anew and waits six
 * times before it counts, which is twice what all else of a limit costs (docs/performance.md).
 */
@Injectable()
export abstract class LimitGuard extends ThrottlerGuard {
  @Inject(CONFIG)
  private readonly config!: GatewayConfig;

  @Inject(Refusals)
  private readonly refusals!: Refusals;

  @Inject(SharedWindows)
  private readonly windows!: SharedWindows;

  private readonly terms = new WeakMap<object, Terms>();

  /** Which of the module's throttlers this guard is. */
  protected abstract readonly throttler: string;

  /** Whose requests are counted together; undefined where this limit does not apply. */
  protected abstract trackerOf(request: GatewayRequest): string | undefined;

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name }) => name === this.throttler);
  }

  /** Waits for nothing but an answer of Redis, and for that only where one is needed. */
  override canActivate(context: ExecutionContext): Promise<boolean> {
    const terms = this.termsOf(context);
    if (this.config.TENANTRY_LIMITS === 'off' || terms.limit === Infinity) return admitted;
    const http = context.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const tracker = this.trackerOf(request);
    if (tracker === undefined) return admitted;
    const { throttler } = this;
    const limit = numberOf(terms.limit, context);
    const windowMs = numberOf(terms.ttl, context);
    const count = this.windows.count(`${throttler}:${tracker}`, windowMs, limit, request.call);
    const result = admit({ throttler, limit, windowMs }, count, http.getResponse<FastifyReply>(), this.refusals);
    return result === true ? admitted : result;
  }

  private termsOf(context: ExecutionContext): Terms {
    const handler = context.getHandler();
    const known = this.terms.get(handler);
    if (known) return known;
    // Where @nestjs/throttler keeps what @Throttle says.
    const said = <Value>(what: 'LIMIT' | 'TTL'): Value | undefined =>
      this.reflector.getAllAndOverride(`THROTTLER:${what}${this.throttler}`, [handler, context.getClass()]);
    const [{ limit, ttl }] = this.throttlers as [Terms];
    const terms = { limit: said<Terms['limit']>('LIMIT') ?? limit, ttl: said<Terms['ttl']>('TTL') ?? ttl };
    this.terms.set(handler, terms);
    return terms;
  }
}
