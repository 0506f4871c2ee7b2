import { Inject, Injectable } from '@nestjs/common';
import { type AccessChange, Auth, UserEvents } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { currentRequest, LOG, type Log, Messages } from '@tenantry/service-kit';

/** Says, within a transaction, that somebody's access changes with it. */
export type Tell = (change: AccessChange) => void;

/**
 * Tells auth whose access has changed, twice over: at once, which is how every gateway knows within moments, and by an event that is told
 * if, and only if, the change is committed, for when auth or we are away just then.
 */
@Injectable()
export class AccessChanges {
  constructor(
    private readonly outbox: Outbox,
    @Inject(Messages) private readonly messages: Messages,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** A transaction of the outbox; what it tells is said to auth right after its commit. */
  async transaction<Result>(work: (tell: Tell) => Promise<Result>): Promise<Result> {
    const changes: AccessChange[] = [];
    const result = await this.outbox.transaction(() =>
      work((change) => {
        const aggregate = change.kind === 'user' ? change.userId : change.roleId;
        this.outbox.add(UserEvents.accessChanged, { aggregate, data: change });
        changes.push(change);
      }),
    );
    for (const change of changes) this.say(change);
    return result;
  }

  /** Nobody waits for it: the change is done, and the event follows. */
  private say(change: AccessChange): void {
    const tenantId = currentRequest()?.caller.tenantId ?? undefined;
    this.messages.ask(Auth.revoke, { change }, tenantId ? { tenantId } : {}).catch((err: unknown) => {
      this.log.warn({ err, tenantId }, 'auth could not be told of changed access at once; the event tells it');
    });
  }
}
