import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { addsToTenant } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import type { GatewayRequest } from '../call.js';
import { messageOf } from '../route.js';

/** A database that has grown to what its plan gives takes nothing more. The registry measures it; what is there is read, changed and deleted as ever. */
@Injectable()
export class RoomGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const message = messageOf(context);
    const { tenant } = context.switchToHttp().getRequest<GatewayRequest>().call;
    if (!message || !tenant?.databaseFull || !addsToTenant(message)) return true;
    // Strangers are told nothing of a tenant that lets nobody sign up, not even this.
    if (message.hidesTenants && !tenant.signUp) return true;
    throw new ServiceError('database-full', `The plan gives the database ${tenant.limits.maxDatabaseBytes} bytes.`);
  }
}
