import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { addsToTenant } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import type { Call, GatewayRequest } from '../call.js';
import { messageOf } from '../route.js';
import { untilAllTakeAlike } from '../upstream/alike.js';

/**
 * A database that has grown to what its plan gives takes nothing more. The registry measures it; what is there is read, changed and deleted as
 * ever. Whether an Idempotency-Key has been answered before stands in that database, and is not asked: its replay is refused as well.
 */
@Injectable()
export class RoomGuard implements CanActivate {
  canActivate(context: ExecutionContext): true | Promise<never> {
    const message = messageOf(context);
    const { call } = context.switchToHttp().getRequest<GatewayRequest>();
    const { tenant } = call;
    if (!message || !tenant?.databaseFull || !addsToTenant(message)) return true;
    if (!message.hidesTenants)
      throw new ServiceError('database-full', `The plan gives the database ${tenant.limits.maxDatabaseBytes} bytes.`);
    // Strangers are told nothing of a tenant that lets nobody sign up, not even this; of another no more than that it has no room.
    return tenant.signUp ? refuseStranger(call) : true;
  }
}

async function refuseStranger(call: Call): Promise<never> {
  await untilAllTakeAlike(call);
  throw new ServiceError('database-full', 'The database has no room for more.');
}
