import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { derivedKey } from './derived-key.js';
import { ServiceError } from './service-error.js';

/** The list a cursor belongs to; anywhere else it is refused. */
export interface CursorBinding {
  /** Null for a list outside any tenant. */
  readonly tenantId: string | null;
  /** The subject of the list's message. */
  readonly list: string;
  readonly sort?: string | undefined;
  /** Filters as the client gave them; those left out may be undefined. */
  readonly filters?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/** Where the next page begins: the sort keys of the last row seen, its id last. */
export type CursorPosition = readonly string[];

/** Half of SHA-256's output (RFC 2104, 5): still 128 bits to guess. */
const tagBytes = 16;

/** What keys of cursors are derived from: a key of their own, where there is one, else the master key. */
export interface CursorSecret {
  readonly MASTER_KEY: Buffer;
  readonly CURSOR_KEY?: Buffer | undefined;
}

/** A key for the cursors of one service. */
export const cursorKey = ({ MASTER_KEY, CURSOR_KEY = MASTER_KEY }: CursorSecret, service: string): KeyObject =>
  derivedKey(CURSOR_KEY, `cursor ${service}`);

function tagOf(key: KeyObject, { tenantId, list, sort, filters = {} }: CursorBinding, position: string): Buffer {
  const given = Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  // JSON of an array: no two bindings are written alike.
  const bound = JSON.stringify([tenantId, list, sort ?? null, given, position]);
  return createHmac('sha256', key).update(bound).digest().subarray(0, tagBytes);
}

/** A cursor clients can neither make nor edit nor use elsewhere: base64url of tag and position (HMAC-SHA-256). */
export function encodeCursor(key: KeyObject, binding: CursorBinding, position: CursorPosition): string {
  const written = JSON.stringify(position);
  return Buffer.concat([tagOf(key, binding, written), Buffer.from(written)]).toString('base64url');
}

/**
 * Reads what {@link encodeCursor} wrote under the same key and binding.
 * @throws ServiceError `invalid-cursor`
 */
export function decodeCursor(key: KeyObject, binding: CursorBinding, cursor: string): CursorPosition {
  const bytes = Buffer.from(cursor, 'base64url');
  const written = bytes.subarray(tagBytes).toString();
  const isOurs =
    bytes.length > tagBytes &&
    // Node skips characters that are not base64url: a cursor has one spelling only.
    bytes.toString('base64url') === cursor &&
    timingSafeEqual(bytes.subarray(0, tagBytes), tagOf(key, binding, written));
  if (!isOurs) throw new ServiceError('invalid-cursor', 'The cursor does not belong to this list.');
  return JSON.parse(written) as string[];
}
