import { Inject, Injectable } from '@nestjs/common';
import { AuditTrail, type Deed } from '@tenantry/audit';
import { type AccessChange, Auth, UserEvents } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { currentRequest, LOG, type Log, Messages } from '@tenantry/service-kit';

/** What is said of a change within its transaction, and becomes true with it or not at all. */
export interface Say {
  /** To other services. */
  readonly event: Outbox['add'];
  /** To auth: whose access is another one from now on. */
  access(change: AccessChange): void;
  /** To the tenant's admin. */
  audit(deed: Deed): Promise<void>;
}

/**
 * The transaction of a change, with all that is said of it.
 *
 * Auth is told of changed access twice over: right after the commit, which is how every gateway knows within moments, and by an event, for
 * when auth or we are away just then.
 */
@Injectable()
export class Changes {
  constructor(
    private readonly outbox: Outbox,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
    @Inject(Messages) private readonly messages: Messages,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** All of the work and what it says, or none of either; raises what {@link Outbox.transaction} raises. */
  async transaction<Result>(work: (say: Say) => Promise<Result>): Promise<Result> {
    const changes: AccessChange[] = [];
    const say: Say = {
      event: (event, happening) => this.outbox.add(event, happening),
      access: (change) => {
        const aggregate = change.kind === 'user' ? change.userId : change.roleId;
        this.outbox.add(UserEvents.accessChanged, { aggregate, data: change });
        changes.push(change);
      },
      audit: (deed) => this.trail.append(deed),
    };
    const result = await this.outbox.transaction(() => work(say));
    for (const change of changes) this.revoke(change);
    return result;
  }

  /** Nobody waits for it: the change is done, and the event follows. */
  private revoke(change: AccessChange): void {
    const tenantId = currentRequest()?.caller.tenantId ?? undefined;
    this.messages.ask(Auth.revoke, { change }, tenantId ? { tenantId } : {}).catch((err: unknown) => {
      this.log.warn({ err, tenantId }, 'auth could not be told of changed access at once; the event tells it');
    });
  }
}
