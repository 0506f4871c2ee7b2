import { randomUUID } from 'node:crypto';
import { headers as natsHeaders, type Msg, type Subscription } from '@nats-io/transport-node';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { Headers, type Message } from '@tenantry/contracts';
import type { ContextVerifier } from '../context/verifier.js';
import { preconditionRequired } from '../entity-tag.js';
import { idempotencyKeyOf, type KeyedWork } from '../keyed-work.js';
import type { Log } from '../log.js';
import type { MessageScope, MessageWitness } from '../message-scope.js';
import { anonymous, type Caller, type RequestContext, withRequest } from '../request-context.js';
import { asServiceError, ServiceError } from '../service-error.js';
import { messagingAttributes, openSpan, type OpenSpan } from '../telemetry.js';
import { parseRequest } from '../validation.js';
import type { Nats } from './nats.js';
import { clientOf, type Incoming, readHeaders } from './incoming.js';
import { replyTo } from './reply.js';
import { StallWatch } from './stall.js';
import type { AnsweredMessage } from './watch.js';

interface MessageServerOptions {
  readonly service: string;
  readonly maxInFlight: number;
  /** Whether replies are held against their contract. */
  readonly checkReplies: boolean;
  readonly log: Log;
  /** Told of each message once it was answered. */
  readonly answered?: (answered: AnsweredMessage) => void;
}

/**
 * Answers a service's messages over NATS: Nest's transport strategy (docs/adr/0002 says why not the stock one).
 *
 * Invariants: a message is answered exactly once, also while shutting down; no more than `maxInFlight` are worked on at once;
 * nothing reaches a handler before its caller is believed, its permission asked, its deadline checked and its request valid.
 */
export class MessageServer extends Server implements CustomTransportStrategy {
  readonly #subscriptions: Subscription[] = [];
  readonly #stall: StallWatch;
  #inFlight = 0;
  #scope: MessageScope | undefined;
  #witness: MessageWitness | undefined;
  #keyed: KeyedWork | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(
    private readonly nats: Nats,
    private readonly verifier: ContextVerifier,
    private readonly options: MessageServerOptions,
  ) {
    super();
    this.#stall = new StallWatch(nats.connection);
  }

  /** Sets what tenant messages run inside of, and what does those with an idempotency key once; before `listen`. */
  within(scope: MessageScope | undefined, keyed?: KeyedWork): void {
    this.#scope = scope;
    this.#keyed = keyed;
  }

  /** Sets who sees what is asked outside tenants; before `listen`. */
  watchedBy(witness: MessageWitness | undefined): void {
    this.#witness = witness;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  listen(callback: (error?: unknown) => void): void {
    try {
      for (const [pattern, handler] of this.messageHandlers) this.#serve(pattern, handler);
    } catch (error) {
      callback(error);
      return;
    }
    this.nats.connection.flush().then(() => callback(), callback);
  }

  /** Takes no more, answers what was taken, and leaves nothing unsent. */
  async close(): Promise<void> {
    this.#stall.stop();
    await Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.drain()));
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    await this.nats.flush();
  }

  on(): never {
    throw new TypeError('the message server has no events of its own');
  }

  unwrap<T>(): T {
    return this.nats.connection as T;
  }

  #serve(pattern: string, handler: MessageHandler): void {
    const message = handler.extras?.['message'] as Message | undefined;
    if (message?.service !== this.options.service) {
      throw new TypeError(
        `'${pattern}' is not a message of ${this.options.service}: declare it in contracts, use @Answers`,
      );
    }
    if (message.tenant && !this.#scope)
      throw new TypeError(`'${pattern}' runs in a tenant, but the service has no MessageScope`);
    if (message.keyed && !this.#keyed)
      throw new TypeError(`'${pattern}' takes idempotency keys, but the service has no KeyedWork`);
    const subscription = this.nats.connection.subscribe(message.subject, {
      queue: message.service,
      callback: (error, msg) => {
        if (error) this.options.log.error({ err: error, subject: message.subject }, 'subscription failed');
        else void this.#answer(message, handler, msg);
      },
    });
    this.#subscriptions.push(subscription);
  }

  async #answer(message: Message, handler: MessageHandler, msg: Msg): Promise<void> {
    const incoming = readHeaders(msg);
    if (!incoming) return this.#refuse(msg, new ServiceError('bad-request', 'The headers cannot be read.'));
    const now = performance.now();
    if (this.#inFlight >= this.options.maxInFlight) {
      const overloaded = new ServiceError('overloaded', 'The service has too much in hand.');
      this.#refuse(msg, overloaded);
      this.#tell(message, incoming, overloaded.status, now);
      return;
    }
    this.#inFlight++;
    let status = message.status as number;
    let span: OpenSpan | undefined;
    try {
      const deadlineAt = now + incoming.deadlineMs - this.#stall.lostMsAt(now);
      if (deadlineAt <= now) throw new ServiceError('deadline-exceeded', 'The request came too late to be worked on.');
      const caller = await this.#callerOf(message, incoming);
      const request = parseRequest(message.request, parseBody(msg));
      if (message.ifMatch && incoming.ifMatch === undefined) throw preconditionRequired();
      const requestId = incoming.requestId ?? randomUUID();
      // Of messages without a context it is the asker's word, for logs and traces alone.
      const traced = { requestId, caller, traceparent: incoming.traceparent, tenantId: incoming.tenantId };
      span = openSpan(message.subject, 'server', traced, messagingAttributes(message.subject, 'process'));
      const context = {
        requestId,
        traceparent: span?.traceparent ?? incoming.traceparent,
        caller,
        deadlineAt,
        client: clientOf(incoming),
        ifMatch: incoming.ifMatch,
        idempotencyKey: idempotencyKeyOf(message, incoming.idempotencyKey),
        reason: incoming.reason,
      };
      const reply = await withRequest(context, () => this.#work(message, handler, request, context));
      this.#reply(message, msg, reply, (cause) => this.#fail(message, msg, incoming, cause));
    } catch (thrown) {
      status = this.#fail(message, msg, incoming, thrown);
    } finally {
      this.#inFlight--;
      span?.end(status);
      this.#tell(message, incoming, status, now);
      if (this.#inFlight === 0) this.#whenIdle?.();
    }
  }

  #work(message: Message, handler: MessageHandler, request: unknown, context: RequestContext): Promise<unknown> {
    const { caller, deadlineAt, idempotencyKey: key } = context;
    const work = (): Promise<unknown> => handler(request, caller);
    if (message.tenant === null) return this.#witness ? this.#witness.around(message, request, work) : work();
    // Without one, what needs a tenant gets here only where its contract says so.
    if (caller.tenantId === null) return work();
    const scoped = { tenantId: caller.tenantId, deadlineAt, states: message.tenant, subject: message.subject };
    if (key === undefined) return this.#scope!.run(scoped, work);
    const keyed = { key, caller: caller.subject, subject: message.subject, request };
    return this.#scope!.run(scoped, () => this.#keyed!.once(keyed, work));
  }

  /** Believes the caller or raises; asks the permission the contract needs. Waits only for a statement not seen before. */
  #callerOf(message: Message, incoming: Incoming): Caller | Promise<Caller> {
    if (message.needs === 'service') return anonymous;
    if (!incoming.context) throw new ServiceError('unauthenticated', 'The signed context is missing.');
    const known = this.verifier.known(incoming.context);
    return known
      ? admit(known, message, incoming)
      : this.verifier.verify(incoming.context).then((caller) => admit(caller, message, incoming));
  }

  #reply(message: Message, msg: Msg, answer: unknown, failed: (cause: unknown) => void): void {
    const { body, headers } = replyTo(message, answer, this.options.checkReplies);
    if (msg.reply) this.nats.writer.publish(msg.reply, body, { headers }, failed);
  }

  /** Logs what is ours to mend, and tells the caller what is theirs to know. Returns the status. */
  #fail(message: Message, msg: Msg, { requestId, tenantId }: Incoming, thrown: unknown): number {
    const error = asServiceError(thrown);
    if (error.code === 'internal' || (error.status >= 500 && error.cause !== undefined)) {
      const fields = { err: error.cause, code: error.code, subject: message.subject, requestId, tenantId };
      this.options.log.error(fields, error.message);
    }
    this.#refuse(msg, error);
    return error.status;
  }

  #tell({ subject }: Message, { requestId, tenantId, traceparent }: Incoming, status: number, startedAt: number): void {
    this.options.answered?.({ subject, status, startedAt, requestId, tenantId, traceparent });
  }

  #refuse(msg: Msg, error: ServiceError): void {
    const headers = natsHeaders();
    headers.set(Headers.status, String(error.status));
    if (error.retryAfterSeconds !== undefined) headers.set(Headers.retryAfter, String(error.retryAfterSeconds));
    const body = Buffer.from(JSON.stringify(error.toProblem()));
    const failed = (err: unknown): void => this.options.log.error({ err }, 'a refusal could not be sent');
    if (msg.reply) this.nats.writer.publish(msg.reply, body, { headers }, failed);
  }
}

function parseBody(msg: Msg): unknown {
  if (msg.data.length === 0) return {};
  try {
    return msg.json();
  } catch (cause) {
    throw new ServiceError('bad-request', 'The body is not JSON.', { cause });
  }
}

function admit(caller: Caller, message: Message, incoming: Incoming): Caller {
  if (incoming.tenantId !== undefined && incoming.tenantId !== caller.tenantId) {
    throw new ServiceError('tenant-mismatch', 'The tenant header names another tenant than the signed context.');
  }
  if (message.tenant && !caller.tenantId && !message.hidesTenants)
    throw new ServiceError('tenant-not-found', 'The request names no tenant.');
  const { needs } = message;
  if (needs === 'public') return caller;
  // A tenant's people and the platform's operators may hold permissions of one name: what lies outside tenants is not theirs.
  const isElsewhere = message.tenant === null && caller.tenantId !== null;
  const allowed =
    !isElsewhere && (needs === 'authenticated' ? caller.userId !== null : caller.permissions.includes(needs));
  if (!allowed) {
    throw caller.subject === anonymous.subject
      ? new ServiceError('unauthenticated', 'This needs a login.')
      : new ServiceError('forbidden', `This needs the permission ${needs}.`);
  }
  return caller;
}
