import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, networkOf } from '@tenantry/service-kit';
import type { FastifyInstance } from 'fastify';
import type { GatewayRequest } from '../call.js';
import type { GatewayConfig } from '../config.js';
import { admit } from '../limits/admit.js';
import { Refusals } from '../limits/refusals.js';
import { SharedWindows } from '../limits/shared-windows.js';

const throttler = 'address';
const windowMs = 60_000;

/**
 * Before anything is known: one address may send so much, whoever it says it is and whatever it asks for, the documents and what there
 * is no route for included.
 */
@Injectable()
export class AddressLimit {
  constructor(
    private readonly windows: SharedWindows,
    private readonly refusals: Refusals,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Counts each request that comes from now on. */
  guard(server: FastifyInstance): void {
    const { TENANTRY_LIMITS, ADDRESS_REQUESTS_PER_MINUTE: limit } = this.config;
    if (TENANTRY_LIMITS === 'off') return;
    server.addHook('onRequest', (request, reply, done) => {
      const { call, ip } = request as GatewayRequest;
      const count = this.windows.count(`${throttler}:${networkOf(ip)}`, windowMs, limit, call);
      const admitted = admit({ throttler, limit, windowMs }, count, reply, this.refusals);
      if (admitted === true) done();
      else admitted.then(() => done(), done);
    });
  }
}
