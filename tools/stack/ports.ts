import { createServer } from 'node:net';

/** A port somebody else listens on, named the way its owner can change it. */
export class PortTaken extends Error {
  constructor(name: string, port: number, variable: string) {
    super(
      `port ${port} of ${name} is taken by another program; set ${variable} to a free one, e.g. ${variable}=${port + 1}`,
    );
    this.name = 'PortTaken';
  }
}

/** A port nobody on this machine listens on now. */
export async function freePort(): Promise<number> {
  const port = await listenOnce(0, '127.0.0.1');
  if (port === undefined) throw new Error('this machine has no free port on 127.0.0.1');
  return port;
}

/** Raises `PortTaken` when `port` cannot be listened on, on loopback or on all addresses. */
export async function expectFree(name: string, port: number, variable: string): Promise<void> {
  for (const host of ['127.0.0.1', undefined]) {
    if ((await listenOnce(port, host)) === undefined) throw new PortTaken(name, port, variable);
  }
}

/** `count` different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** Whether nobody listens on this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port, '127.0.0.1')) !== undefined;
}

export function parsePort(text: string, variable: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Error(`${variable}=${text} is not a port (1..65535)`);
  return port;
}

function listenOnce(port: number, host: string | undefined): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
