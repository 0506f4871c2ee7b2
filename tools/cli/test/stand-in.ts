import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON, unless it is a text. */
  readonly body: unknown;
}

/** Answers as a gateway does, or as whatever stands in its place, with what a test says. */
export class StandIn {
  readonly asked: Asked[] = [];
  /** Undefined: 404. */
  answer: (asked: Asked) => Reply | undefined = () => undefined;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<StandIn> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const standIn = new StandIn(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => {
      void bodyOf(request).then((text) => {
        const asked = {
          method: request.method!,
          path: request.url!,
          headers: request.headers,
          body: text ? (JSON.parse(text) as unknown) : null,
        };
        standIn.asked.push(asked);
        const missing: Reply = { status: 404, body: { detail: `nothing at ${asked.path}` } };
        const { status = 200, headers = {}, body } = standIn.answer(asked) ?? missing;
        response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
    return standIn;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const bodyOf = async (request: IncomingMessage): Promise<string> =>
  (await request.setEncoding('utf8').toArray()).join('');
