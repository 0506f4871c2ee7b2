import { type Msg, type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';

/** Ours have about 2 KB. A megabyte of them would cost whoever sends it nothing, and us what a thousand requests do. */
const mostBytes = 64 * 1024;
/** What the client library's messages have beside what it declares: the length of subject, reply, headers and body. */
type Sized = Msg & { size(): number };

const utf8 = new TextDecoder();
const lineEnd = /[\r\n]/;
const plainName = /^[!-9;-~]*$/;

/**
 * Headers to be sent; those without a value are left out. Not by the client library's `append`, which spells each name letter by letter and looks
 * through all before it (docs/performance.md): ours are spelled right.
 * @throws TypeError for a value that would be read as another header.
 */
export function headersFrom(fields: Readonly<Record<string, string | null | undefined>>): MsgHdrs {
  const given: Record<string, string[]> = {};
  for (const name in fields) {
    const value = fields[name];
    if (!value) continue;
    if (lineEnd.test(value)) throw new TypeError(`a line break in the header ${name}`);
    given[name] = [value];
  }
  return MsgHdrsImpl.fromRecord(given);
}

/** The headers of a message, of each name the first, or undefined where they are none that we read: too long, or with names that there cannot be. */
export function headersOf(msg: Msg): ReadonlyMap<string, string> | undefined {
  const text = textOf(msg);
  if (text === undefined) return undefined;
  const headers = new Map<string, string>();
  const lines = text.split('\r\n');
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!;
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon);
    if (!plainName.test(name)) return undefined;
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** What NATS says of itself, in the first line: that nobody listens, for one. */
export const isWordOfNoResponders = (msg: Msg): boolean =>
  msg.data.length === 0 && (textOf(msg)?.startsWith('NATS/1.0 503') ?? false);

/** Headers as they came. The client library would decode them as it encodes; they stand right before the body, in the same piece of memory. */
function textOf(msg: Msg): string | undefined {
  const { data } = msg;
  const length = (msg as Sized).size() - msg.subject.length - (msg.reply?.length ?? 0) - data.length;
  if (length > mostBytes) return undefined;
  return length > 0 ? utf8.decode(new Uint8Array(data.buffer, data.byteOffset - length, length)) : '';
}
