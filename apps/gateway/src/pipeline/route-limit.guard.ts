import { Injectable } from '@nestjs/common';
import { networkOf } from '@tenantry/service-kit';
import type { GatewayRequest } from '../call.js';
import { LimitGuard } from '../limits/limit.guard.js';

/** Routes that are worth attacking say by `@Throttle({ route: { limit, ttl } })` how often one caller may ask them in one tenant. */
@Injectable()
export class RouteLimitGuard extends LimitGuard {
  protected readonly throttler = 'route';

  protected trackerOf({ call, ip, routeOptions, method }: GatewayRequest): string {
    const caller = call.identity?.caller.subject ?? networkOf(ip);
    // By its name, where it is not known yet who asks: a tenant that does not exist is counted as one that does.
    return `${method} ${routeOptions.url}:${call.identity?.caller.tenantId ?? call.named}:${caller}`;
  }
}
