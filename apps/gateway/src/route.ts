import { type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Message } from '@tenantry/contracts';
import type { z } from 'zod';

const routeKey = 'tenantry:route';

/** What a route of the gateway is for. */
export interface RouteTerms {
  /** Null for a route that the gateway answers by itself and to anyone. */
  readonly message: Message | null;
  /** One line for the document. */
  readonly summary: string;
  /** What an open route answers; the message's own otherwise. */
  readonly reply?: z.ZodType | undefined;
  /** Of an open route whose answer has an entity tag; what a contract says of its message holds otherwise. */
  readonly isTagged?: boolean | undefined;
  /** Statuses of a success where they are not the message's own. */
  readonly statuses?: readonly number[];
  /** Another type of answer than JSON that a client may ask for. */
  readonly otherType?: string;
  /** Of a DELETE whose fields are in its body. */
  readonly takesBody?: boolean;
  /** Fields of the message that come from elsewhere than path, query and body. */
  readonly hidden?: readonly string[];
}

/** Says which message a route asks, and with it who may call it. A route without terms does not start. */
export const Asks = (
  message: Message,
  summary: string,
  more: Omit<RouteTerms, 'message' | 'summary'> = {},
): MethodDecorator => SetMetadata(routeKey, { message, summary, ...more } satisfies RouteTerms);

/** Says that a route is for anyone and asks nobody. */
export const Open = (summary: string, reply?: z.ZodType, more: Pick<RouteTerms, 'isTagged'> = {}): MethodDecorator =>
  SetMetadata(routeKey, { message: null, summary, reply, ...more } satisfies RouteTerms);

/** The terms of a handler, or undefined where it has none. */
export const termsOf = (handler: object): RouteTerms | undefined =>
  Reflect.getMetadata(routeKey, handler) as RouteTerms | undefined;

/** The message that the route being run asks; null for an open one. */
export function messageOf(context: ExecutionContext): Message | null {
  const terms = termsOf(context.getHandler());
  if (!terms) throw new TypeError(`${context.getClass().name}.${context.getHandler().name} has no terms`);
  return terms.message;
}

/** Messages outside any tenant are the platform's: operators ask them, with a key. */
export const isPlatform = (message: Message): boolean => message.tenant === null;
