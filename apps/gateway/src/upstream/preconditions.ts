import type { IncomingHttpHeaders } from 'node:http';
import type { Message } from '@tenantry/contracts';
import { preconditionRequired, ServiceError } from '@tenantry/service-kit';

/** Entity tags, weak ones too, between commas (RFC 9110, 8.8.3 and 5.6.1). */
const entityTags = /^(?:[ \t,]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?=[ \t]*(?:,|$)))+[ \t,]*$/;

const malformed = (): ServiceError => {
  const errors = [{ pointer: '/If-Match', code: 'invalid-entity-tag', message: 'must be * or entity tags, in quotes' }];
  return new ServiceError('bad-request', 'The header If-Match cannot be read.', { errors });
};

/**
 * The client's `If-Match`, where the route's message compares it.
 * @throws ServiceError `precondition-required` when the message needs it and the client did not send it (RFC 6585, 3), `bad-request` when it is no
 * entity tag: what no version could ever match is a mistake, not a conflict.
 */
export function ifMatchOf(message: Message, headers: IncomingHttpHeaders): string | undefined {
  if (!message.ifMatch) return undefined;
  const ifMatch = headers['if-match'];
  if (!ifMatch) throw preconditionRequired();
  if (ifMatch.trim() !== '*' && !entityTags.test(ifMatch)) throw malformed();
  return ifMatch;
}

const opaqueTag = /"[^"]*"/g;

/** Whether the client has this already: compared weakly, as reads are (RFC 9110, 13.1.2). */
export function isHeld(etag: string, { 'if-none-match': held }: IncomingHttpHeaders): boolean {
  if (held === undefined) return false;
  return held.trim() === '*' || (held.match(opaqueTag)?.includes(etag) ?? false);
}
