import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@tenantry/contracts';
import { idempotencyKeyOf, Messages, type RawReply, ServiceError } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { clientOf } from './client.js';
import { Contexts } from './contexts.js';
import { inputOf, isRead } from './input.js';
import { linkToNext } from './link.js';
import { ifMatchOf, isHeld } from './preconditions.js';
import { pathOf, sendProblemBytes } from '../problem.js';
import { Refusals } from '../refusals.js';
import { reasonOf } from './reason.js';
import { Retries } from './retries.js';
import { isPlatform } from '../route.js';

/** What a request says, held against its message. */
interface Said {
  readonly body: string;
  readonly idempotencyKey: string | undefined;
  readonly ifMatch: string | undefined;
  readonly reason: string | undefined;
}

/** Asks the services in a caller's name and hands their answers through as they come. */
@Injectable()
export class Upstream {
  private readonly retries = new Retries();

  constructor(
    @Inject(Messages) private readonly messages: Messages,
    private readonly contexts: Contexts,
    private readonly refusals: Refusals,
  ) {}

  /**
   * Validates, asks, answers: all that most routes do.
   * @param collection where what was made is found, unless it is where it was asked for.
   */
  async pass(message: Message, request: GatewayRequest, reply: FastifyReply, collection?: string): Promise<void> {
    this.answer(await this.ask(message, request), request, reply, collection);
  }

  /** Hands an answer through as it came. */
  answer(answer: RawReply, request: GatewayRequest, reply: FastifyReply, collection = pathOf(request)): void {
    const { status, resourceId, nextCursor, etag } = answer;
    if (status >= 400) return sendProblemBytes(answer, request, reply);
    if (resourceId) reply.header('location', `${collection}/${resourceId}`);
    if (nextCursor) reply.header('link', linkToNext(request, nextCursor));
    if (answer.isReplayed) reply.header('idempotency-replayed', 'true');
    // May be kept by the client alone, and only to ask again whether it still holds.
    if (etag) reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (etag && isRead(request) && isHeld(etag, request.headers)) reply.code(304).send();
    else if (status === 204) reply.code(status).send();
    else reply.code(status).type('application/json; charset=utf-8').send(answer.body);
  }

  /**
   * The answer to what the request asks, whatever its status.
   * @param more fields of the message that come from elsewhere than path, query and body.
   * @throws ServiceError when the request is wrong, or nobody answered.
   */
  async ask(message: Message, request: GatewayRequest, more?: Record<string, unknown>): Promise<RawReply> {
    const { call } = request;
    const { body, ...said } = this.read(message, request, more);
    const context = await this.contexts.for(message.service, call);
    const envelope = {
      tenantId: call.tenant?.id,
      context,
      requestId: call.requestId,
      traceparent: call.traceparent,
      deadlineAt: call.deadlineAt,
      // A tenant's reads are told nobody's whereabouts: they need none, and are many.
      client: isRead(request) && !isPlatform(message) ? undefined : clientOf(request),
      ...said,
    };
    const isKeyed = said.idempotencyKey !== undefined;
    const send = (): Promise<RawReply> => this.messages.send(message, body, envelope);
    return this.retries.around(message, call.deadlineAt, send, { isKeyed });
  }

  /** What an operator asks is audited even where it cannot be asked. */
  private read(message: Message, request: GatewayRequest, more?: Record<string, unknown>): Said {
    try {
      return {
        body: JSON.stringify(inputOf(message, request, more)),
        idempotencyKey: idempotencyKeyOf(message, request.headers['idempotency-key']),
        ifMatch: ifMatchOf(message, request.headers),
        reason: isPlatform(message) ? reasonOf(request) : undefined,
      };
    } catch (error) {
      if (isPlatform(message) && error instanceof ServiceError) this.refusals.tell(message, request, error.code);
      throw error;
    }
  }
}
