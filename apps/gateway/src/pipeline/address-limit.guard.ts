import { Injectable } from '@nestjs/common';
import type { GatewayRequest } from '../call.js';
import { addressKeyOf } from '../limits/address-key.js';
import { LimitGuard } from '../limits/limit.guard.js';

/** Before anything is known: one address may send so much, whoever it says it is. */
@Injectable()
export class AddressLimitGuard extends LimitGuard {
  protected readonly throttler = 'address';

  protected trackerOf({ ip }: GatewayRequest): string {
    return addressKeyOf(ip);
  }
}
