import type { MsgHdrs } from '@nats-io/transport-node';
import { Headers, type Message } from '@tenantry/contracts';
import { entityTag } from '../entity-tag.js';
import { Replayed } from '../keyed-work.js';
import { headersFrom } from './headers.js';

/** A success, ready to be sent. */
export interface Reply {
  readonly body: Uint8Array;
  readonly headers: MsgHdrs;
}

const noBody = new Uint8Array();

const statusHeaders = new Map<number, MsgHdrs>();
/** Replies without a header of their own share one set per status. */
function headersOf(status: number): MsgHdrs {
  let shared = statusHeaders.get(status);
  if (!shared) {
    shared = headersFrom({ [Headers.status]: String(status) });
    statusHeaders.set(status, shared);
  }
  return shared;
}

/**
 * What a handler has answered, as it travels: what the contract says in the body, the rest in headers.
 * @throws TypeError when `checked`, and the answer is not what the contract says.
 */
export function replyTo(message: Message, answered: unknown, checked: boolean): Reply {
  const isReplayed = answered instanceof Replayed;
  const answer = isReplayed ? answered.answer : answered;
  const { reply, version } = message.etag ? untag(answer as object) : { reply: answer };
  if (checked) check(message, reply, version);
  const body = message.status === 204 ? noBody : Buffer.from(JSON.stringify(reply));
  const { id, nextCursor } = (reply ?? {}) as { id?: string; nextCursor?: unknown };
  const hasNext = typeof nextCursor === 'string';
  if (!message.etag && message.status !== 201 && !isReplayed && !hasNext) {
    return { body, headers: headersOf(message.status) };
  }
  const headers = headersFrom({
    [Headers.status]: String(message.status),
    [Headers.resourceId]: message.status === 201 ? id : undefined,
    [Headers.etag]: id !== undefined && version !== undefined ? entityTag(id, version) : undefined,
    [Headers.nextCursor]: hasNext ? nextCursor : undefined,
    [Headers.replayed]: isReplayed ? 'true' : undefined,
  });
  return { body, headers };
}

function untag({ version, ...reply }: { version?: number }): { reply: object; version?: number | undefined } {
  return { reply, version };
}

function check(message: Message, reply: unknown, version: number | undefined): void {
  const { error } = message.reply.safeParse(reply);
  if (error) throw new TypeError(`${message.subject} answered against its contract: ${error.message}`);
  if (message.etag && !Number.isInteger(version)) throw new TypeError(`${message.subject} answered without a version`);
}
