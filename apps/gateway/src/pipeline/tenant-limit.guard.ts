import { Injectable } from '@nestjs/common';
import type { GatewayRequest } from '../call.js';
import { LimitGuard } from '../limits/limit.guard.js';

/**
 * After the tenant is known: it may use what its plan gives it, from wherever. Before anybody has shown who they are they take nothing of that, or
 * strangers could use it up.
 */
@Injectable()
export class TenantLimitGuard extends LimitGuard {
  protected readonly throttler = 'tenant';

  protected trackerOf({ call }: GatewayRequest): string | undefined {
    return call.identity && call.tenant?.id;
  }
}
