import { Injectable } from '@nestjs/common';
import type { GatewayRequest } from '../call.js';
import { addressKeyOf } from '../limits/address-key.js';
import { LimitGuard } from '../limits/limit.guard.js';

// @nestjs/throttler keeps what @Throttle({ route: { limit } }) says under this key.
const limitKey = 'THROTTLER:LIMITroute';

/** Routes that are worth attacking say by `@Throttle({ route: { limit, ttl } })` how often one caller may ask them in one tenant. */
@Injectable()
export class RouteLimitGuard extends LimitGuard {
  protected readonly throttler = 'route';

  protected trackerOf({ call, ip, routeOptions, method }: GatewayRequest, handler: object): string | undefined {
    if (!Reflect.hasMetadata(limitKey, handler)) return undefined;
    const caller = call.identity?.caller.subject ?? addressKeyOf(ip);
    return `${method} ${routeOptions.url}:${call.tenant?.id}:${caller}`;
  }
}
