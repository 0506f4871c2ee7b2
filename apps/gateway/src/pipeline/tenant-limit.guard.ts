import { Injectable } from '@nestjs/common';
import type { GatewayRequest } from '../call.js';
import { LimitGuard } from '../limits/limit.guard.js';

/** After the tenant is known: it may use what its plan gives it, from wherever. */
@Injectable()
export class TenantLimitGuard extends LimitGuard {
  protected readonly throttler = 'tenant';

  protected trackerOf({ call }: GatewayRequest): string | undefined {
    return call.tenant?.id;
  }
}
