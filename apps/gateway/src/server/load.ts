import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type CommonConfig, CONFIG } from '@tenantry/service-kit';
import type { FastifyInstance } from 'fastify';
import { overloaded, refuseOverload } from './overload.js';
import { Refused } from './refused.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const place = Symbol('place');
/** A response of a request that was taken, until it is written. */
type Taken = object & { [place]?: 'in-hand' | 'aside' | undefined };

/**
 * Behind by so much at two looks in a row, the loop has more to do than it can: what comes now would be answered too late. One look alone says
 * that it stood still (a collection of garbage, a machine that was paused), which is over when it is seen.
 */
const maxLagMs = 1000;
const sampleEveryMs = 100;

/**
 * Refuses what is more than can be done in time, before anything else is done for it: a refusal must cost a fraction of an answer, or
 * refusing would be what there is no time for. The bound is that of the services (MAX_IN_FLIGHT): what one of them would refuse
 * for it need not go there. At 3,000 a second it is a sixth of a second's work, so that what is taken ends long before its deadline.
 *
 * Invariant: `inHand` counts the requests that we have work with: not those that wait aside for their client, nor those whose answer is
 * written and waits to be read (over HTTP/2, where nothing tells of that, until it was). Where each stands is written on its response: a Set of
 * them, added to and deleted from all the time, would keep each until a large collection of garbage (docs/performance.md).
 */
@Injectable()
export class Load implements OnApplicationShutdown {
  private inHand = 0;
  private lagMs = 0;
  private lagBeforeMs = 0;
  private sampledAt = performance.now();
  private readonly timer = setInterval(() => this.sample(), sampleEveryMs);

  constructor(
    @Inject(CONFIG) private readonly config: Pick<CommonConfig, 'MAX_IN_FLIGHT'>,
    private readonly refused: Refused,
  ) {
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Why no more is taken now, or undefined. */
  get tooMuch(): 'in-hand' | 'lag' | undefined {
    if (this.inHand >= this.config.MAX_IN_FLIGHT) return 'in-hand';
    return Math.min(this.lagMs, this.lagBeforeMs) > maxLagMs ? 'lag' : undefined;
  }

  /** Stands before all that the server does with a request. */
  guard(server: FastifyInstance): void {
    const answer = server.server.listeners('request') as Listener[];
    server.server.removeAllListeners('request');
    server.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const why = this.tooMuch;
      if (why) {
        this.refused.count(why);
        return refuseOverload(request, response);
      }
      this.move(response, undefined, 'in-hand');
      const leave = (): void =>
        void (this.move(response, 'in-hand', undefined) || this.move(response, 'aside', undefined));
      // Of `end`, and of what came to no end.
      response.once('prefinish', leave).once('close', leave);
      for (const listener of answer) listener.call(server.server, request, response);
    });
  }

  /**
   * What `wait` resolves to. A request that waits for its client is no work of ours and takes nobody's place meanwhile.
   * @throws ServiceError `overloaded` where there is no place for it by then.
   */
  async aroundWait<Result>(response: object, wait: Promise<Result>): Promise<Result> {
    this.move(response, 'in-hand', 'aside');
    try {
      const result = await wait;
      const why = this.tooMuch;
      if (!why) return result;
      this.refused.count(why);
      throw overloaded();
    } finally {
      // Unless the client has gone meanwhile.
      this.move(response, 'aside', 'in-hand');
    }
  }

  /** Whether it stood there. */
  private move(response: Taken, from: Taken[typeof place], to: Taken[typeof place]): boolean {
    if (response[place] !== from) return false;
    response[place] = to;
    this.inHand += Number(to === 'in-hand') - Number(from === 'in-hand');
    return true;
  }

  private sample(): void {
    const now = performance.now();
    this.lagBeforeMs = this.lagMs;
    this.lagMs = now - this.sampledAt - sampleEveryMs;
    this.sampledAt = now;
  }
}
