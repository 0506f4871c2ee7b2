import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came back for one request; status 0 where the connection ended without an answer. */
type Heard = (status: number) => void;

/**
 * A kept connection that asks one thing at a time. By hand, since an overload is made beside what it is put on: an HTTP client would take
 * the very CPU that is to be fought for.
 */
export class Caller {
  private readonly host: string;
  private readonly port: number;
  private socket: Socket | undefined;
  private heard: Heard | undefined;
  private status = 0;
  /** Bytes of the answer still to come; undefined before its head is whole. */
  private left: number | undefined;
  private head = '';

  constructor(origin: URL) {
    this.host = origin.hostname;
    this.port = Number(origin.port);
  }

  get isBusy(): boolean {
    return this.heard !== undefined;
  }

  /** Connects, so that the first request need not. */
  async open(): Promise<void> {
    this.socket ??= this.connect();
    if (this.socket.connecting) await once(this.socket, 'connect');
  }

  ask(request: string, heard: Heard): void {
    this.heard = heard;
    this.left = undefined;
    this.head = '';
    this.socket ??= this.connect();
    this.socket.write(request, 'latin1');
  }

  close(): void {
    this.socket?.destroy();
  }

  private connect(): Socket {
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    const lost = (): void => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.end(0);
    };
    return socket
      .on('data', (bytes) => this.read(bytes))
      .on('error', lost)
      .on('close', lost);
  }

  private read(bytes: Buffer): void {
    if (this.left === undefined) {
      this.head += bytes.toString('latin1');
      const end = this.head.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.status = Number(this.head.slice(9, 12));
      const length = /\r\ncontent-length: (\d+)/i.exec(this.head)?.[1];
      if (length === undefined) throw new Error(`answered without a length: ${this.head}`);
      this.left = Number(length) - (this.head.length - end - 4);
    } else this.left -= bytes.length;
    if (this.left === 0) this.end(this.status);
  }

  private end(status: number): void {
    const { heard } = this;
    this.heard = undefined;
    heard?.(status);
  }
}
