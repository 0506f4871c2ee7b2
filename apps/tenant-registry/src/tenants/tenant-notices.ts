import { Inject, Injectable } from '@nestjs/common';
import { tenantNoticeSubject } from '@tenantry/contracts';
import { Nats } from '@tenantry/service-kit';
import type { TenantRow } from './tenant.entity.js';
import { toNotice } from './tenant.views.js';

/** Tells every instance that a tenant has changed. Who misses it learns it from `tenants.changes`, within a second or so. */
@Injectable()
export class TenantNotices {
  constructor(@Inject(Nats) private readonly nats: Nats) {}

  say(tenant: TenantRow): void {
    this.nats.connection.publish(tenantNoticeSubject, JSON.stringify(toNotice(tenant)));
  }
}
