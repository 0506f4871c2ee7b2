import { Inject, Injectable } from '@nestjs/common';
import { type TenantNotice, tenantNotice } from '@tenantry/contracts';
import { Notices } from '@tenantry/service-kit';
import { type Noticed, toNotice } from './tenant.views.js';

/** Tells every instance that a tenant has changed. Who misses it learns it from `tenants.changes`, within a second or so. */
@Injectable()
export class TenantNotices {
  constructor(@Inject(Notices) private readonly notices: Notices) {}

  say(tenant: Noticed): void {
    this.tell(toNotice(tenant));
  }

  tell(notice: TenantNotice): void {
    void this.notices.tell(tenantNotice, notice);
  }
}
