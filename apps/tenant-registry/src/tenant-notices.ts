import { Inject, Injectable } from '@nestjs/common';
import { type TenantNotice, tenantNoticeSubject } from '@tenantry/contracts';
import { Nats } from '@tenantry/service-kit';
import type { TenantRow } from './tenant.entity.js';

/** Tells every instance that a tenant has changed. A missed notice is repaired when what they know of it lapses. */
@Injectable()
export class TenantNotices {
  constructor(@Inject(Nats) private readonly nats: Nats) {}

  say({ id, slug, state, generation }: TenantRow): void {
    const notice: TenantNotice = { tenantId: id, slug, state, generation };
    this.nats.connection.publish(tenantNoticeSubject, JSON.stringify(notice));
  }
}
