import { Injectable } from '@nestjs/common';
import { networkOf } from '@tenantry/service-kit';
import type { GatewayRequest } from '../call.js';
import { type Counted, LimitGuard } from '../limits/limit.guard.js';

// @nestjs/throttler keeps what @Throttle({ route: { limit, ttl } }) says under these keys.
const [limitKey, windowKey] = ['THROTTLER:LIMITroute', 'THROTTLER:TTLroute'];

type Terms = Pick<Counted, 'limit' | 'windowMs'>;

/** Null where it says nothing. */
function readTerms(handler: object): Terms | null {
  const [limit, windowMs] = [limitKey, windowKey].map((key) => Reflect.getMetadata(key, handler) as number | undefined);
  return limit === undefined || windowMs === undefined ? null : { limit, windowMs };
}

/** Routes that are worth attacking say by `@Throttle({ route: { limit, ttl } })` how often one caller may ask them in one tenant. */
@Injectable()
export class RouteLimitGuard extends LimitGuard {
  protected readonly throttler = 'route';
  private readonly terms = new WeakMap<object, Terms | null>();

  protected countedAs(request: GatewayRequest, handler: object): Counted | undefined {
    const terms = this.termsOf(handler);
    return terms ? { tracker: trackerOf(request), ...terms } : undefined;
  }

  /** Read once: it is asked on the way of every request. */
  private termsOf(handler: object): Terms | null {
    let terms = this.terms.get(handler);
    if (terms === undefined) this.terms.set(handler, (terms = readTerms(handler)));
    return terms;
  }
}

function trackerOf({ call, ip, routeOptions, method }: GatewayRequest): string {
  const caller = call.identity?.caller.subject ?? networkOf(ip);
  // By its name, where it is not known yet who asks: a tenant that does not exist is counted as one that does.
  return `${method} ${routeOptions.url}:${call.identity?.caller.tenantId ?? call.named}:${caller}`;
}
