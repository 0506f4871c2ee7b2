import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
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

/**
 * A port nobody on this machine listens on now, the first of so many in a row. Not one of those that systems give to outgoing connections (Linux from
 * 32768 on, macOS from 49152): any program might have such a one by the time a server listens, or listens again after it was stopped.
 */
export async function freePort(inARow = 1): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const first = randomInt(20_000, 30_001 - inARow);
    const all = Array.from({ length: inARow }, (_, index) => first + index);
    if ((await Promise.all(all.map(isFree))).every(Boolean) && (await reserve(all))) return first;
  }
  throw new Error(`this machine has no ${inARow} free ports of 127.0.0.1 in a row between 20000 and 30000`);
}

/** More than one process asks for; beyond that those reserved first are left to others. */
const mostReserved = 500;
const reserved: Socket[] = [];

/**
 * Keeps ports from all who ask for free ones, as long as this process lives: whether anybody listens there yet is another question. Who has the UDP port
 * of the same number has the port, since nobody here listens to UDP.
 * @returns whether all of them were to be had; else none is kept.
 */
export async function reserve(ports: readonly number[]): Promise<boolean> {
  const sockets = ports.map((port) => {
    const socket = createSocket('udp4').unref();
    return socket.bind({ port, address: '127.0.0.1', exclusive: true });
  });
  const bound = await Promise.allSettled(sockets.map((socket) => once(socket, 'listening')));
  const isOurs = bound.every(({ status }) => status === 'fulfilled');
  if (isOurs) reserved.push(...sockets);
  for (const socket of isOurs ? reserved.splice(0, reserved.length - mostReserved) : sockets) socket.close();
  return isOurs;
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
