import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import type { GatewayConfig } from '../config.js';
import { admit } from './admit.js';
import { Refusals } from './refusals.js';
import { SharedWindows } from './shared-windows.js';

/** How many of one tracker's requests are let through in a window. */
export interface Counted {
  /** Whose requests are counted together. */
  readonly tracker: string;
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * One of the gateway's rate limits. Not by the guard of @nestjs/throttler, which looks through its decorators for each request anew and waits
 * six times before it counts: twice what all else of a limit costs (docs/performance.md).
 */
@Injectable()
export abstract class LimitGuard implements CanActivate {
  @Inject(CONFIG)
  private readonly config!: GatewayConfig;

  @Inject(Refusals)
  private readonly refusals!: Refusals;

  @Inject(SharedWindows)
  private readonly windows!: SharedWindows;

  /** The limit's name, in headers and keys. */
  protected abstract readonly throttler: string;

  /** Undefined where this limit does not apply. */
  protected abstract countedAs(request: GatewayRequest, handler: object): Counted | undefined;

  /** Waits for nothing but an answer of Redis, and for that only where one is needed. */
  canActivate(context: ExecutionContext): true | Promise<true> {
    if (this.config.TENANTRY_LIMITS === 'off') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const counted = this.countedAs(request, context.getHandler());
    if (!counted) return true;
    const { tracker, limit, windowMs } = counted;
    const { throttler } = this;
    const count = this.windows.count(`${throttler}:${tracker}`, windowMs, limit, request.call);
    return admit({ throttler, limit, windowMs }, count, http.getResponse<FastifyReply>(), this.refusals);
  }
}
