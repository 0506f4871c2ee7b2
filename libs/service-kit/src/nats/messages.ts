import { randomUUID } from 'node:crypto';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import {
  Headers,
  isErrorCode,
  requestDeadlineMs,
  type Message,
  type Problem,
  type ReplyOf,
  type RequestOf,
} from '@tenantry/contracts';
import { LRUCache } from 'lru-cache';
import type { ContextSigner } from '../context/signer.js';
import { currentRequest, type Client } from '../request-context.js';
import { ServiceError } from '../service-error.js';
import { isTraced, spanAround } from '../telemetry.js';
import { headersFrom, headersOf } from './headers.js';
import type { Nats } from './nats.js';
import { Requests } from './requests.js';

/** What travels beside the request itself. */
export interface Envelope {
  readonly tenantId?: string | null | undefined;
  readonly context?: string | undefined;
  readonly requestId: string;
  readonly traceparent?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly client?: Client | undefined;
  readonly ifMatch?: string | undefined;
  readonly reason?: string | undefined;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly deadlineAt: number;
}

/** A reply as it came: bytes that nobody has parsed. */
export interface RawReply {
  readonly status: number;
  readonly body: Uint8Array;
  readonly resourceId: string | undefined;
  /** Of a page of a list, unless it is the last. */
  readonly nextCursor?: string | undefined;
  readonly etag: string | undefined;
  /** It is the first answer to an idempotency key, again. */
  readonly isReplayed: boolean;
  readonly retryAfterSeconds: string | undefined;
}

/** How long a statement about ourselves is used again; well under its lifetime. */
const ownContextMs = 30_000;

/** Asks other services. A request is never queued for a broker that is away. */
export class Messages {
  readonly #requests: Requests;
  readonly #ownContexts = new LRUCache<string, string>({ max: 5000, ttl: ownContextMs });

  constructor(
    private readonly nats: Nats,
    private readonly signer: ContextSigner | undefined,
  ) {
    this.#requests = new Requests(nats);
  }

  /** Requests nobody has answered yet. */
  get pending(): number {
    return this.#requests.size;
  }

  /**
   * Sends bytes and brings bytes back, failed replies included.
   * @throws ServiceError `service-unavailable` (nobody there), `deadline-exceeded` (nobody answered in time).
   */
  async send(message: Message, body: Uint8Array | string, envelope: Envelope): Promise<RawReply> {
    const leftMs = Math.floor(envelope.deadlineAt - performance.now());
    if (leftMs < 1) throw new ServiceError('deadline-exceeded', 'The time for this request is over.');
    if (!this.nats.isConnected) throw new ServiceError('service-unavailable', 'The message broker is away.');
    const request = (traceparent = envelope.traceparent): Promise<Msg> =>
      this.#requests.request(message, body, headersOfRequest(envelope, traceparent, leftMs), envelope.deadlineAt);
    if (!isTraced(envelope)) return readReply(await request());
    const traced = { caller: currentRequest()?.caller, ...envelope };
    return readReply(await spanAround(message.subject, 'client', traced, request));
  }

  /**
   * Asks as this service itself, and reads the answer. Takes request id, trace, client and what is left of the deadline from the request
   * being worked on.
   * @param options.withinMs the longest to wait, in milliseconds, where the asker has more to do before its own deadline.
   * @throws ServiceError whatever the other service raised, or as {@link send}.
   */
  async ask<M extends Message>(
    message: M,
    request: RequestOf<M>,
    { tenantId, withinMs = requestDeadlineMs }: { tenantId?: string; withinMs?: number } = {},
  ): Promise<ReplyOf<M>> {
    const current = currentRequest();
    const reply = await this.send(message, JSON.stringify(request), {
      tenantId,
      context: await this.#ownContext(message, tenantId ?? null),
      requestId: current?.requestId ?? randomUUID(),
      traceparent: current?.traceparent,
      client: current?.client,
      deadlineAt: Math.min(current?.deadlineAt ?? Infinity, performance.now() + withinMs),
    });
    if (reply.status >= 400) throw problemToError(reply);
    return (reply.status === 204 ? null : parseBody(reply)) as ReplyOf<M>;
  }

  async #ownContext(message: Message, tenantId: string | null): Promise<string | undefined> {
    const { needs } = message;
    if (needs === 'service') return undefined;
    if (!needs.startsWith('system:') || !this.signer) {
      throw new TypeError(`${message.subject} is asked for a person (${needs}); a service cannot ask it for itself`);
    }
    const name = `${message.service} ${needs} ${tenantId ?? ''}`;
    const kept = this.#ownContexts.get(name);
    if (kept) return kept;
    const signed = await this.signer.sign({
      audience: message.service,
      sub: needs,
      tenant: tenantId,
      session: null,
      permissions: [needs],
    });
    this.#ownContexts.set(name, signed);
    return signed;
  }
}

function headersOfRequest(envelope: Envelope, traceparent: string | undefined, leftMs: number): MsgHdrs {
  const { tenantId, context, requestId, idempotencyKey, reason, client, ifMatch } = envelope;
  return headersFrom({
    [Headers.tenantId]: tenantId,
    [Headers.context]: context,
    [Headers.requestId]: requestId,
    [Headers.traceparent]: traceparent,
    [Headers.idempotencyKey]: idempotencyKey,
    [Headers.reason]: reason,
    [Headers.clientAddress]: client?.address,
    [Headers.clientAgent]: client?.agent,
    [Headers.ifMatch]: ifMatch,
    [Headers.deadline]: String(leftMs),
  });
}

function readReply(msg: Msg): RawReply {
  let status = 0;
  let resourceId: string | undefined;
  let nextCursor: string | undefined;
  let etag: string | undefined;
  let isReplayed = false;
  let retryAfterSeconds: string | undefined;
  for (const [name, value] of headersOf(msg) ?? []) {
    if (name === Headers.status) status = Number(value);
    else if (name === Headers.resourceId) resourceId = value;
    else if (name === Headers.nextCursor) nextCursor = value;
    else if (name === Headers.etag) etag = value;
    else if (name === Headers.replayed) isReplayed = true;
    else if (name === Headers.retryAfter) retryAfterSeconds = value;
  }
  if (!(status >= 200 && status < 600)) {
    throw new ServiceError('internal', 'A service answered in a form that cannot be read.', {
      cause: `status '${status}'`,
    });
  }
  return { status, body: msg.data, resourceId, nextCursor, etag, isReplayed, retryAfterSeconds };
}

function parseBody(reply: RawReply): unknown {
  try {
    return JSON.parse(Buffer.from(reply.body).toString());
  } catch (cause) {
    throw new ServiceError('internal', 'A service answered in a form that cannot be read.', { cause });
  }
}

function problemToError(reply: RawReply): ServiceError {
  const { code, detail, errors } = (parseBody(reply) ?? {}) as Partial<Problem>;
  const { retryAfterSeconds } = reply;
  return new ServiceError(isErrorCode(code) ? code : 'internal', detail ?? 'The request failed.', {
    ...(errors ? { errors } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds: Number(retryAfterSeconds) }),
  });
}
