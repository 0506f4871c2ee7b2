import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Instances of one service listen side by side; more than these nobody starts here. */
const room = 8;

/**
 * A port with free ones behind it, for as many instances of a gateway as a test may start. Below those that systems give to outgoing
 * connections (Linux from 32768 on, macOS from 49152): any program might have such a one by the time the gateway listens.
 */
export async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const first = randomInt(20_000, 30_000 - room);
    const all = await Promise.all(Array.from({ length: room }, (_, index) => isFree(first + index)));
    if (all.every(Boolean)) return first;
  }
  throw new Error(`this machine has no ${room} free ports in a row between 20000 and 30000`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ port, exclusive: true }), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
