import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ServiceError } from '@tenantry/service-kit';
import type { GatewayRequest } from '../call.js';
import { messageOf } from '../route.js';

/** Whether the caller may: what the route's message needs, asked here and once more by the service. */
@Injectable()
export class PermissionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const needs = messageOf(context)?.needs ?? 'public';
    if (needs === 'public') return true;
    const { identity } = context.switchToHttp().getRequest<GatewayRequest>().call;
    if (needs === 'authenticated' ? identity?.caller.userId : identity?.caller.permissions.includes(needs)) return true;
    throw new ServiceError('forbidden', `This needs the permission ${needs}.`);
  }
}
