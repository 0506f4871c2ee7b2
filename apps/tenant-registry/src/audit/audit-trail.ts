import { Inject, Injectable } from '@nestjs/common';
import { type Message, operatorScopes } from '@tenantry/contracts';
import { asServiceError, currentRequest, LOG, type Log, MessageWitness } from '@tenantry/service-kit';
import { type AuditEnd, AuditRepository, type NewAuditEvent } from './audit.repository.js';

const begun = 'begun';
const succeeded = 'succeeded';

interface Named {
  readonly id?: unknown;
  readonly tenantId?: unknown;
  readonly reason?: unknown;
  readonly tenant?: unknown;
}

const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const named = (value: unknown): Named => (typeof value === 'object' && value !== null ? value : {});

/**
 * Of what a message is about. One of two words (`tenants.suspend`) is about the tenant that request or reply name as `id` or `tenant`; one of
 * more (`tenants.operators.revoke`) about something else, and a tenant only where it says `tenantId`.
 */
export function aboutOf(
  { subject }: Pick<Message, 'subject'>,
  ...said: unknown[]
): Pick<AuditEnd, 'tenantId' | 'target'> {
  const [request, reply] = said.map(named);
  const id = asText(request?.id) ?? asText(reply?.id) ?? asText(named(reply?.tenant).id);
  const isOfTenant = subject.split('.').length === 2;
  return isOfTenant
    ? { tenantId: id, target: null }
    : { tenantId: asText(request?.tenantId) ?? asText(reply?.tenantId), target: id };
}

/**
 * Records each message that operators ask of the registry, whatever becomes of it.
 *
 * Invariant: nothing is changed unless its row stands before, as `begun`; a change whose process died before the end keeps it so. A read is
 * recorded when it has ended, and where that fails, in the log.
 */
@Injectable()
export class AuditTrail extends MessageWitness {
  constructor(
    private readonly events: AuditRepository,
    @Inject(LOG) private readonly log: Log,
  ) {
    super();
  }

  override async around<Result>(message: Message, request: unknown, work: () => Promise<Result>): Promise<Result> {
    if (!(operatorScopes as readonly string[]).includes(message.needs)) return work();
    const event = eventOf(message, request);
    // Not to be recorded is not to be done: a failure here ends the message.
    const id = message.needs.endsWith(':read') ? undefined : await this.events.insert({ ...event, outcome: begun });
    try {
      const reply = await work();
      await this.#end(id, { ...event, ...aboutOf(message, request, reply), outcome: succeeded });
      return reply;
    } catch (thrown) {
      await this.#end(id, { ...event, outcome: asServiceError(thrown).code });
      throw thrown;
    }
  }

  /** What is done cannot be undone for want of a record: it goes to the log instead, whole. */
  async #end(id: string | undefined, event: NewAuditEvent): Promise<void> {
    const { outcome, tenantId, target } = event;
    try {
      if (id === undefined) await this.events.insert(event);
      else await this.events.end(id, { outcome, tenantId, target });
    } catch (err) {
      this.log.error({ err, auditEvent: event }, 'an audit event could not be written');
    }
  }
}

function eventOf(message: Message, request: unknown): Omit<NewAuditEvent, 'outcome'> {
  const current = currentRequest();
  return {
    actor: current?.caller.subject ?? 'unknown',
    action: message.subject,
    ...aboutOf(message, request),
    reason: asText(named(request).reason) ?? current?.reason ?? null,
    requestId: current?.requestId ?? '',
    address: current?.client?.address ?? null,
  };
}
