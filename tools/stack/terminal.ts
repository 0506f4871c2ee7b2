import { progress } from './launch/progress.mjs';

// Whoever reads this may leave first (npm start | head): no reason to stop what runs.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** A line of its own, over a spinner's if there is one. */
export function report(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? '\r\u001b[K' : ''}${text}\n`);
}

/** Shows how long a piece of work takes. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const shown = progress(title);
  try {
    const result = await work();
    shown.done();
    return result;
  } catch (error) {
    shown.fail();
    throw error;
  }
}
