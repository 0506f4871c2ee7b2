import { applyDecorators } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { Message, ParsedRequestOf, ReplyOf } from '@tenantry/contracts';
import type { Caller } from './request-context.js';

/** A handler: the validated request and who asks, in; the reply of the contract, out. */
type Handler<M extends Message> = (request: ParsedRequestOf<M>, caller: Caller) => Promise<ReplyOf<M>> | ReplyOf<M>;

/**
 * Marks a controller's method as the one that answers `message`. A method that takes another request or gives another
 * reply does not compile.
 */
export const Answers =
  <M extends Message>(message: M) =>
  <Method extends Handler<M>>(target: object, key: string, descriptor: TypedPropertyDescriptor<Method>): void => {
    applyDecorators(MessagePattern(message.subject, { message }))(target, key, descriptor);
    // Without parameters declared, Nest hands over the request alone.
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
  };
