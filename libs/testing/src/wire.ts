import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server behind a wire of our own, which can be cut, made long, or go silent without being closed. */
export class Wire {
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  #delayMs = 0;

  private constructor(
    /** The server's URL, by way of the wire. */
    readonly url: string,
    private readonly stopListening: () => void,
  ) {}

  /** To the server of this URL. */
  static async lay(to: string): Promise<Wire> {
    const url = new URL(to);
    const { hostname, port } = url;
    const server = createServer((near) => wire.#carry(near, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const wire = new Wire(url.href, () => void server.close());
    return wire;
  }

  /** Ends every connection and refuses new ones, as a server does that was killed. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Carries nothing any more and says so to nobody, as a server does that was stopped. */
  fallSilent(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** What the server says from now on arrives so many milliseconds later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  mend(): void {
    this.#isCut = false;
    this.#delayMs = 0;
    for (const socket of this.#sockets) socket.resume();
  }

  remove(): void {
    this.cut();
    this.stopListening();
  }

  #carry(near: Socket, far: Socket): void {
    near.on('data', (bytes) => void far.write(bytes));
    let before: Promise<unknown> = Promise.resolve();
    far.on('data', (bytes) => {
      const onItsWay = this.#delayMs === 0 ? undefined : sleep(this.#delayMs);
      before = Promise.all([before, onItsWay]).then(() => near.writable && near.write(bytes));
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    if (this.#isCut) near.destroy();
  }
}
