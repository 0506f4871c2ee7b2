import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { TenantAudit, type ParsedRequestOf, type ReplyOf } from '@tenantry/contracts';
import { type Caller, CONFIG, cursorKey, type CursorSecret, decodeCursor, encodeCursor } from '@tenantry/service-kit';
import { AuditRepository } from './audit.repository.js';

/** What was done in the tenant, for its admin to read. */
@Injectable()
export class AuditService {
  readonly #cursorKey: KeyObject;

  constructor(
    private readonly events: AuditRepository,
    @Inject(CONFIG) config: CursorSecret,
  ) {
    this.#cursorKey = cursorKey(config, 'audit');
  }

  /** @throws ServiceError `invalid-cursor` */
  async list(
    { limit, cursor, ...filters }: ParsedRequestOf<typeof TenantAudit.list>,
    { tenantId }: Caller,
  ): Promise<ReplyOf<typeof TenantAudit.list>> {
    const binding = { tenantId, list: TenantAudit.list.subject, filters };
    const [before] = cursor === undefined ? [] : decodeCursor(this.#cursorKey, binding, cursor);
    const found = await this.events.findPage(limit + 1, { ...filters, before });
    const data = found.slice(0, limit);
    const last = found.length > limit ? data.at(-1) : undefined;
    return { data, nextCursor: last ? encodeCursor(this.#cursorKey, binding, [last.id]) : null };
  }
}
