import { Injectable } from '@nestjs/common';
import { networkOf } from '@tenantry/service-kit';
import type { GatewayRequest } from '../call.js';
import { LimitGuard } from '../limits/limit.guard.js';

/** Before anything is known: one address may send so much, whoever it says it is. */
@Injectable()
export class AddressLimitGuard extends LimitGuard {
  protected readonly throttler = 'address';

  protected trackerOf({ ip }: GatewayRequest): string {
    return networkOf(ip);
  }
}
