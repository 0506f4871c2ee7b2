import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import { CONFIG } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import type { GatewayConfig } from '../config.js';
import { admit } from './admit.js';
import { Refusals } from './refusals.js';
import { SharedWindows } from './shared-windows.js';

/**
 * One of the gateway's rate limits: @nestjs/throttler's guard for a single throttler, with headers and an error
 * of our own (limits/admit.ts).
 */
@Injectable()
export abstract class LimitGuard extends ThrottlerGuard {
  @Inject(CONFIG)
  private readonly config!: GatewayConfig;

  @Inject(Refusals)
  private readonly refusals!: Refusals;

  @Inject(SharedWindows)
  private readonly windows!: SharedWindows;

  /** Which of the module's throttlers this guard is. */
  protected abstract readonly throttler: string;

  /** Whose requests are counted together; undefined where this limit does not apply. */
  protected abstract trackerOf(request: GatewayRequest, handler: object): string | undefined;

  override async onModuleInit(): Promise<void> {
    await super.onModuleInit();
    this.throttlers = this.throttlers.filter(({ name }) => name === this.throttler);
  }

  override canActivate(context: ExecutionContext): Promise<boolean> {
    const isOff = this.config.TENANTRY_LIMITS === 'off';
    return isOff || !this.trackerOf(context.switchToHttp().getRequest(), context.getHandler())
      ? Promise.resolve(true)
      : super.canActivate(context);
  }

  protected override async handleRequest({ context, limit, ttl }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const tracker = this.trackerOf(request, context.getHandler());
    const key = `${this.throttler}:${tracker}`;
    const count = await this.windows.count(key, ttl, limit, request.call);
    const { throttler } = this;
    admit({ throttler, limit, windowMs: ttl }, count, http.getResponse<FastifyReply>(), this.refusals);
    return true;
  }
}
