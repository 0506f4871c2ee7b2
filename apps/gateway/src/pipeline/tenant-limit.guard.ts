import { Injectable } from '@nestjs/common';
import type { GatewayRequest } from '../call.js';
import { type Counted, LimitGuard } from '../limits/limit.guard.js';

const windowMs = 60_000;

/**
 * After the tenant is known: it may use what its plan gives it, from wherever. Before anybody has shown who they are they take nothing of that, or
 * strangers could use it up.
 */
@Injectable()
export class TenantLimitGuard extends LimitGuard {
  protected readonly throttler = 'tenant';

  protected countedAs({ call: { identity, tenant } }: GatewayRequest): Counted | undefined {
    return identity && tenant && { tracker: tenant.id, limit: tenant.limits.requestsPerMinute, windowMs };
  }
}
