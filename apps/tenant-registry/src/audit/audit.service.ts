import { Injectable } from '@nestjs/common';
import { Audit, type ParsedRequestOf, type ReplyOf } from '@tenantry/contracts';
import { Pages } from '../pages.js';
import { AuditRepository } from './audit.repository.js';
import { aboutOf } from './audit-trail.js';

/** What operators did: found again, and told of by the gateway where it refused them itself. */
@Injectable()
export class AuditService {
  constructor(
    private readonly events: AuditRepository,
    private readonly pages: Pages,
  ) {}

  /** @throws ServiceError `invalid-cursor` */
  list(request: ParsedRequestOf<typeof Audit.list>): Promise<ReplyOf<typeof Audit.list>> {
    return this.pages.read(Audit.list, request, (limit, before, from) =>
      this.events.findPage(limit, before, request, from),
    );
  }

  async refuse({ id, ...event }: ParsedRequestOf<typeof Audit.refuse>): Promise<null> {
    const { reason = null, address = null, ...rest } = event;
    await this.events.insert({ ...rest, reason, address, ...aboutOf({ subject: event.action }, { id }) });
    return null;
  }
}
