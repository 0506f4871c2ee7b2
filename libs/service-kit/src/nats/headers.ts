import type { Msg, MsgHdrs } from '@nats-io/transport-node';

/** Ours have about 2 KB. The client library compares each name with all before it: a megabyte of names would take it minutes. */
const mostBytes = 64 * 1024;
/** What the client library's messages have beside what it declares: the length of subject, reply, headers and body. */
type Sized = Msg & { size(): number };
const none: ReadonlyMap<string, string[]> = new Map();

/** The headers of a message, or undefined where they are none that we read: too long, or with names that the client library refuses. */
export function headersOf(msg: Msg): MsgHdrs | typeof none | undefined {
  const bytes = (msg as Sized).size() - msg.subject.length - (msg.reply?.length ?? 0) - msg.data.length;
  if (bytes > mostBytes) return undefined;
  try {
    return msg.headers ?? none;
  } catch {
    return undefined;
  }
}
