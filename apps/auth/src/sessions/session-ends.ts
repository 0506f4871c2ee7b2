import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail } from '@tenantry/audit';
import { type AccessChange, type AuditAction, AuthEvents, UserEvents } from '@tenantry/contracts';
import { Hears, Outbox, type Heard } from '@tenantry/outbox';
import { LOG, type Log } from '@tenantry/service-kit';
import { Revocations } from './revocations.js';
import { SessionsRepository } from './sessions.repository.js';

/** Why a session is over, as it stands in its row. */
export type EndReason = 'logout' | 'revoked' | 'refresh-reused' | 'access-changed' | 'too-many';

/** What the tenant's admin reads of it; the reason stands beside it. */
const actionOf: Readonly<Record<EndReason, AuditAction>> = {
  logout: 'auth.logout',
  revoked: 'auth.session-revoked',
  'refresh-reused': 'auth.refresh-reused',
  'access-changed': 'auth.session-revoked',
  'too-many': 'auth.session-revoked',
};

/**
 * Ends sessions: their refresh tokens in the transaction, their access tokens right after it, and once more by the event of that
 * transaction, for when this process did not come so far.
 */
@Injectable()
export class SessionEnds {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly revocations: Revocations,
    @Inject(Outbox) private readonly outbox: Pick<Outbox, 'add' | 'transaction'>,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** One session; again does no more, but makes sure of it. */
  async one(tenantId: string, userId: string, sessionId: string, why: EndReason): Promise<void> {
    await this.end(tenantId, userId, why, () => this.sessions.end(sessionId, why));
    await this.revoke(tenantId, [sessionId]);
  }

  /** All of a user's but one. */
  async ofUser(tenantId: string, userId: string, except: string | null, why: EndReason): Promise<void> {
    await this.revoke(
      tenantId,
      await this.end(tenantId, userId, why, () => this.sessions.endOfUser(userId, except, why)),
    );
  }

  /** Of somebody who has more than one can have, those not used for longest. No login waits for what is revoked by it, nor fails by it. */
  async makeRoom(tenantId: string, userId: string): Promise<void> {
    const ended = await this.end(tenantId, userId, 'too-many', () => this.sessions.makeRoom(userId, 'too-many'));
    this.revoke(tenantId, ended).catch((err: unknown) =>
      this.log.warn({ err, tenantId }, 'sessions too many could not be revoked at once; the event does it'),
    );
  }

  /** Somebody's access has changed: what was given before must not hold. */
  async change(tenantId: string, change: AccessChange): Promise<void> {
    if (change.kind === 'role') {
      await this.revocations.add([{ ...change, tenantId }]);
      return;
    }
    const { userId, version, except, sessions } = change;
    await this.revocations.add([{ kind: 'user', tenantId, userId, version, except }]);
    if (sessions === 'ended') await this.ofUser(tenantId, userId, except, 'access-changed');
  }

  @Hears(UserEvents.accessChanged)
  async onAccessChanged({ tenantId, data }: Heard<typeof UserEvents.accessChanged>): Promise<void> {
    await this.change(tenantId!, data);
  }

  @Hears(AuthEvents.sessionsEnded)
  async onSessionsEnded({ tenantId, data }: Heard<typeof AuthEvents.sessionsEnded>): Promise<void> {
    await this.revoke(tenantId!, data.sessions);
  }

  private end(tenantId: string, userId: string, why: EndReason, end: () => Promise<string[]>): Promise<string[]> {
    return this.outbox.transaction(async () => {
      const sessions = await end();
      for (const targetId of sessions)
        await this.trail.append({ action: actionOf[why], targetId, details: { userId, why } });
      if (sessions.length > 0)
        this.outbox.add(AuthEvents.sessionsEnded, { aggregate: userId, data: { sessions }, tenantId });
      return sessions;
    });
  }

  private revoke(tenantId: string, sessions: readonly string[]): Promise<void> {
    return this.revocations.add(sessions.map((sessionId) => ({ kind: 'session', tenantId, sessionId })));
  }
}
