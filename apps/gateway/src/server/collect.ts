import type { Readable } from 'node:stream';

/** How the client's bytes failed to come. */
export type Shortfall = 'cut' | 'late';

interface Terms {
  /** After that they are not waited for (`performance.now()`). */
  readonly deadlineAt: number;
  /** Hears of each piece before it is kept, and may raise. */
  readonly take: (bytes: number) => void;
  readonly fall: (short: Shortfall, cause?: unknown) => Error;
}

/**
 * All that comes of `bytes`. What comes after a failure flows away unread: destroyed, the stream would take the connection with it, and the
 * answer.
 */
export function collect(bytes: Readable, { deadlineAt, take, fall }: Terms): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const pieces: Buffer[] = [];
  const add = (piece: Buffer): void => {
    try {
      take(piece.length);
      pieces.push(piece);
    } catch (error) {
      end(() => reject(error));
    }
  };
  const whole = (): void => end(() => resolve(Buffer.concat(pieces)));
  const cut = (cause?: unknown): void => end(() => reject(fall('cut', cause)));
  // Not early, as a timer may be by a millisecond: who is late is known by the clock.
  const late = setTimeout(() => end(() => reject(fall('late'))), Math.ceil(deadlineAt - performance.now()) + 1);
  const end = (settle: () => void): void => {
    clearTimeout(late);
    bytes.off('data', add).off('end', whole).off('error', cut).off('close', cut);
    settle();
  };
  // A stream of HTTP/2 that the client has given up is not destroyed: it has ended, and nobody has read it.
  if (bytes.destroyed || bytes.readableEnded) cut();
  else bytes.on('end', whole).on('error', cut).on('close', cut).on('data', add);
  return promise;
}
