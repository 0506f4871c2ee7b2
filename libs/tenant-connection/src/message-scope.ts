import { Injectable } from '@nestjs/common';
import { MessageScope, type ScopedMessage } from '@tenantry/service-kit';
import { TenantConnections } from './connections.js';

/** Each message of the service runs inside the lease of its tenant. */
@Injectable()
export class TenantMessageScope extends MessageScope {
  constructor(private readonly connections: TenantConnections) {
    super();
  }

  override run<Result>(message: ScopedMessage, work: () => Promise<Result>): Promise<Result> {
    return this.connections.lease(message.tenantId, message, work);
  }
}
