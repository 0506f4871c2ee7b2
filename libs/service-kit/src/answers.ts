import 'reflect-metadata';
import { applyDecorators } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/internal';
import { MessagePattern } from '@nestjs/microservices';
import type { AnswerOf, Message, ParsedRequestOf } from '@tenantry/contracts';
import type { Caller } from './request-context.js';

/** A handler: the validated request and who asks, in; the answer of the contract, out. */
type Handler<M extends Message> = (request: ParsedRequestOf<M>, caller: Caller) => Promise<AnswerOf<M>> | AnswerOf<M>;

/**
 * Marks a controller's method as the one that answers `message`. A method that takes another request or gives another
 * reply does not compile.
 */
export const Answers =
  <M extends Message>(message: M) =>
  <Method extends Handler<M>>(target: object, key: string, descriptor: TypedPropertyDescriptor<Method>): void => {
    applyDecorators(MessagePattern(message.subject, { message }))(target, key, descriptor);
    // No parameters to resolve: Nest then calls the handler with what the message server gives, request and caller, as they are. Left
    // undeclared it would hand over the request alone; resolved by @Payload and @Ctx they cost promises per message.
    Reflect.defineMetadata(ROUTE_ARGS_METADATA, {}, target.constructor, key);
  };
