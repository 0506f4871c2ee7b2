import { connect } from 'node:net';

/** What came back for bytes that no HTTP client would send, until the connection ended or went quiet. */
export interface WireAnswer {
  readonly status: number;
  readonly text: string;
  readonly tookMs: number;
}

/** Sends these bytes, and whatever `more` gives every `everyMs` until there is an answer. */
export function sendBytes(
  port: number,
  bytes: string,
  { more, everyMs = 100 }: { more?: string; everyMs?: number } = {},
): Promise<WireAnswer> {
  const sentAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    const timer = more === undefined ? undefined : setInterval(() => socket.write(more, 'latin1'), everyMs);
    socket.setTimeout(30_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      clearInterval(timer);
      text += chunk.toString('latin1');
    });
    // A server that has had enough may reset the connection under what we still send.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve({ status: Number(text.split(' ', 2)[1] ?? 0), text, tookMs: performance.now() - sentAt });
    });
  });
}
