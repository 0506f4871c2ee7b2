import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@tenantry/contracts';
import { isOutage, LOG, type Log, MessageWitness, SecretUnreadable, ServiceError } from '@tenantry/service-kit';
import { AuditTrail } from './audit/audit-trail.js';

/**
 * Around every message, its record in the audit included: that a database is away, or that a secret does not open, is said as such, and not
 * as a defect nobody foresaw.
 */
@Injectable()
export class OutageWitness extends MessageWitness {
  constructor(
    private readonly trail: AuditTrail,
    @Inject(LOG) private readonly log: Log,
  ) {
    super();
  }

  override around<Result>(message: Message, request: unknown, work: () => Promise<Result>): Promise<Result> {
    return this.#reach(message, () => this.trail.around(message, request, () => this.#reach(message, work)));
  }

  /** @throws ServiceError `service-unavailable` in place of the outage. */
  async #reach<Result>({ subject }: Message, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof SecretUnreadable) {
        this.log.error({ err: cause, subject }, 'ALARM: unreadable secret');
        throw new ServiceError('service-unavailable', 'A secret that this needs cannot be read.', { cause });
      }
      if (!isOutage(cause)) throw cause;
      throw new ServiceError('service-unavailable', 'The registry cannot be read or written at the moment.', { cause });
    }
  }
}
