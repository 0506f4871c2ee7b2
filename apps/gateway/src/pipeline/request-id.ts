import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { requestDeadlineMs } from '@tenantry/contracts';
import type { FastifyInstance } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { standingHeaders } from '../server/security-headers.js';
import { refusalOf } from './exact-request.js';

const acceptable = /^[A-Za-z0-9_-]{8,64}$/;
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The client's own id where it is fit to stand in logs and headers, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
}

/** The first step, before routing: from here on every answer has an id, and the clock runs. */
export function startCalls(server: FastifyInstance): void {
  server.decorateRequest('call', null as never);
  server.addHook('onRequest', (request, reply, done) => {
    const { traceparent } = request.headers;
    (request as GatewayRequest).call = {
      requestId: request.id,
      traceparent: typeof traceparent === 'string' && traceparentForm.test(traceparent) ? traceparent : undefined,
      deadlineAt: performance.now() + requestDeadlineMs,
      limitsWaitedMs: 0,
      identity: undefined,
      tenant: undefined,
      named: undefined,
    };
    // Whoever stands before the gateway, the host is what Host says: nothing here may go by another.
    delete request.headers['x-forwarded-host'];
    reply.headers(standingHeaders).header('x-request-id', request.id);
    done(refusalOf(request));
  });
}
