import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '@tenantry/audit';
import type { SessionSubject } from '@tenantry/contracts';
import { currentRequest } from '@tenantry/service-kit';
import { SessionEnds } from './session-ends.js';
import { keptFrom, type NewFamily, SessionsRepository } from './sessions.repository.js';

/** Begins sessions, and keeps in the tenant's audit who began one and who was refused. */
@Injectable()
export class SessionStarts {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly ends: SessionEnds,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
  ) {}

  /** @returns the new session's id; undefined for somebody who may not log in any more, see {@link SessionsRepository.open}. */
  async open(tenantId: string, user: SessionSubject, family: NewFamily): Promise<string | undefined> {
    const kept = this.trail.appendingTo('opened', keptFrom, { action: 'auth.login', userId: user.id });
    const opened = await this.sessions.open(user, family, kept, currentRequest()?.client);
    if (opened) await this.trail.forget();
    if (opened?.crowds) await this.ends.makeRoom(tenantId, user.id);
    return opened?.id;
  }

  /** Somebody was not let in. Kept by the address that was given: whose it is, if anybody's, is not looked up, for that would take time. */
  async refused(email: string): Promise<void> {
    await this.trail.append({ action: 'auth.login-failed', details: { email } });
  }
}
