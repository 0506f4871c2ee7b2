import type { IncomingHttpHeaders } from 'node:http';
import type { Message } from '@tenantry/contracts';
import { preconditionRequired } from '@tenantry/service-kit';

/**
 * The client's `If-Match`, where the route's message compares it.
 * @throws ServiceError `precondition-required` when the message needs it and the client did not send it (RFC 6585, 3).
 */
export function ifMatchOf(message: Message, headers: IncomingHttpHeaders): string | undefined {
  if (!message.ifMatch) return undefined;
  const ifMatch = headers['if-match'];
  if (!ifMatch) throw preconditionRequired();
  return ifMatch;
}

const opaqueTag = /"[^"]*"/g;

/** Whether the client has this already: compared weakly, as reads are (RFC 9110, 13.1.2). */
export function isHeld(etag: string, { 'if-none-match': held }: IncomingHttpHeaders): boolean {
  if (held === undefined) return false;
  return held.trim() === '*' || (held.match(opaqueTag)?.includes(etag) ?? false);
}
