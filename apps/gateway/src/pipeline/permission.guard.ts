import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ServiceError } from '@tenantry/service-kit';
import type { GatewayRequest } from '../call.js';
import { Refusals } from '../refusals.js';
import { isPlatform, messageOf } from '../route.js';

/** Whether the caller may: what the route's message needs, asked here and once more by the service. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly refusals: Refusals) {}

  canActivate(context: ExecutionContext): boolean {
    const message = messageOf(context);
    if (!message || message.needs === 'public') return true;
    const { needs } = message;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const { identity } = request.call;
    if (needs === 'authenticated' ? identity?.caller.userId : identity?.caller.permissions.includes(needs)) return true;
    if (isPlatform(message)) this.refusals.tell(message, request, 'forbidden');
    throw new ServiceError('forbidden', `This needs the permission ${needs}.`);
  }
}
