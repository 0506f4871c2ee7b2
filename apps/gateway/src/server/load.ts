import type { IncomingMessage, ServerResponse } from 'node:http';
import { problemOf } from '@tenantry/contracts';
import type { FastifyInstance } from 'fastify';
import { requestIdOf } from '../pipeline/request-id.js';
import { pathOf, problemType } from '../problem.js';
import { standingHeaders } from './security-headers.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** More requests at once would only wait longer: at 5,000 a second these are a fifth of a second's work. */
const maxInHand = 1000;
/** Behind by so much, the loop has more to do than it can: what comes now would be answered too late. */
const maxLagMs = 1000;
const sampleEveryMs = 100;

/**
 * Refuses what is more than can be done in time, before anything else is done for it: a refusal must cost a fraction of an answer, or
 * refusing would be what there is no time for.
 */
export class Load {
  private inHand = 0;
  private lagMs = 0;
  private sampledAt = performance.now();
  private readonly timer = setInterval(() => this.sample(), sampleEveryMs);

  constructor(private readonly max = maxInHand) {
    this.timer.unref();
  }

  get isTooMuch(): boolean {
    return this.inHand >= this.max || this.lagMs > maxLagMs;
  }

  /** Stands before all that the server does with a request. */
  guard(server: FastifyInstance): void {
    const answer = server.server.listeners('request') as Listener[];
    server.server.removeAllListeners('request');
    server.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.isTooMuch) return refuse(request, response);
      this.inHand++;
      response.once('close', () => this.inHand--);
      for (const listener of answer) listener.call(server.server, request, response);
    });
    server.addHook('onClose', () => clearInterval(this.timer));
  }

  private sample(): void {
    const now = performance.now();
    this.lagMs = now - this.sampledAt - sampleEveryMs;
    this.sampledAt = now;
  }
}

const overloaded = problemOf('overloaded', 'There is more to do than can be done in time.');
const headers = { ...standingHeaders, 'content-type': problemType, 'retry-after': '1' };

function refuse(request: IncomingMessage, response: ServerResponse): void {
  const requestId = requestIdOf(request);
  const body = JSON.stringify({
    ...overloaded,
    code: undefined,
    instance: pathOf({ url: request.url ?? '/' }),
    requestId,
  });
  response.writeHead(overloaded.status, {
    ...headers,
    'x-request-id': requestId,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
