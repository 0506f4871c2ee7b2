import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { SecretsSeen } from './secrets-seen.js';

/** An answer of a stack, whatever its status. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; an empty object where it is none. */
  readonly body: Body;
  readonly tookMs: number;
}

type Headers = Readonly<Record<string, string | undefined>>;
type Bytes = string | Uint8Array;
type Inspect = (method: string, path: string, answer: Answer<unknown>) => string | undefined;

/** Nothing may take longer than this: clients are promised an answer within 6 s. */
const givenUpAfterMs = 10_000;

/**
 * Long before the gateway closes a connection that nobody uses (72 s). Else, on a machine that stands still for a moment, it may have closed many
 * without our having seen it, and each request sent on one of them fails.
 */
const idleClosedAfterMs = 5000;

const isJson = (headers: IncomingHttpHeaders): boolean => /[/+]json\b/.test(headers['content-type'] ?? '');

/** Sends requests exactly as they are written: no path is tidied, no redirect followed, nothing tried again. */
export class Client {
  private constructor(
    readonly url: string,
    private readonly headers: Headers,
    private readonly agent: Agent,
    private readonly inspect: Inspect,
    /** What it and those made from it have sent and got. */
    readonly secretsSeen: SecretsSeen,
  ) {}

  /** @param inspect says what is wrong about an answer, if anything; the request is then rejected. */
  static of(url: string, inspect: Inspect = () => undefined): Client {
    return new Client(
      url,
      {},
      new Agent({ keepAlive: true, maxSockets: 1000, timeout: idleClosedAfterMs }),
      inspect,
      new SecretsSeen(),
    );
  }

  /** The same connections with other headers; undefined takes one away. */
  with(headers: Headers): Client {
    return new Client(this.url, { ...this.headers, ...headers }, this.agent, this.inspect, this.secretsSeen);
  }

  get<Body = Record<string, unknown>>(path: string): Promise<Answer<Body>> {
    return this.send('GET', path);
  }

  post<Body = Record<string, unknown>>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.json('POST', path, body);
  }

  patch<Body = Record<string, unknown>>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.json('PATCH', path, body);
  }

  delete<Body = Record<string, unknown>>(path: string): Promise<Answer<Body>> {
    return this.send('DELETE', path);
  }

  /** Raises when the connection ends without an answer, or none comes in 10 s. */
  send<Body = Record<string, unknown>>(
    method: string,
    path: string,
    bytes?: Bytes,
    more: Headers = {},
  ): Promise<Answer<Body>> {
    const { hostname, port } = new URL(this.url);
    const given = Object.entries({ ...this.headers, ...more }).filter(([, value]) => value !== undefined);
    const headers = Object.fromEntries(given) as Record<string, string>;
    const length = bytes === undefined ? {} : { 'content-length': String(Buffer.byteLength(bytes)) };
    this.secretsSeen.authorization(headers['authorization']);
    const sentAt = performance.now();
    return new Promise((resolve, reject) => {
      const options = { hostname, port, method, path, agent: this.agent, headers: { ...length, ...headers } };
      const sent = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const body = (text && isJson(response.headers) ? JSON.parse(text) : {}) as Body;
          const tookMs = performance.now() - sentAt;
          this.secretsSeen.body(body);
          const answer = { status: response.statusCode ?? 0, headers: response.headers, text, body, tookMs };
          const fault = this.inspect(method, path, answer);
          if (fault) reject(new Error(fault));
          else resolve(answer);
        });
      });
      sent.setTimeout(givenUpAfterMs, () => sent.destroy(new Error(`no answer to ${method} ${path} in 10 s`)));
      sent.on('error', reject);
      sent.end(bytes);
    });
  }

  /** Closes the connections that are open. */
  close(): void {
    this.agent.destroy();
  }

  private json<Body>(method: string, path: string, body: unknown): Promise<Answer<Body>> {
    this.secretsSeen.body(body);
    return this.send(method, path, JSON.stringify(body), { 'content-type': 'application/json' });
  }
}
