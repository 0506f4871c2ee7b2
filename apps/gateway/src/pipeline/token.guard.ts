import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { operatorKeyPrefix } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import type { GatewayRequest, Identity } from '../call.js';
import { bearerOf } from '../callers/bearer.js';
import { Operators } from '../callers/operators.js';
import { isPlatform, messageOf } from '../route.js';
import { Tokens } from '../callers/tokens.js';

/** Who asks: people by access token in their tenant's routes, operators by key in the platform's, each refused in the other's. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    private readonly tokens: Tokens,
    private readonly operators: Operators,
  ) {}

  /** Waits only for a token or key that is not known yet. */
  canActivate(context: ExecutionContext): true | Promise<true> {
    const message = messageOf(context);
    if (!message || message.needs === 'public') return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const credentials = bearerOf(request.headers);
    if (!credentials) throw new ServiceError('unauthenticated', 'Send Authorization: Bearer with an access token.');
    const note = (identity: Identity): true => {
      request.call.identity = identity;
      return true;
    };
    const identity = this.identify(credentials, isPlatform(message));
    return identity instanceof Promise ? identity.then(note) : note(identity);
  }

  private identify(credentials: string, isForPlatform: boolean): Identity | Promise<Identity> {
    const isKey = credentials.startsWith(operatorKeyPrefix);
    if (isKey !== isForPlatform) {
      throw new ServiceError(
        'unauthenticated',
        isKey ? 'An operator key does not open this.' : 'This needs an operator key.',
      );
    }
    return isKey ? this.operators.identify(credentials) : this.tokens.identify(credentials);
  }
}
