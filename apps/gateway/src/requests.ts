import { type Log, type Metrics, traceIdOf } from '@tenantry/service-kit';
import type { FastifyInstance } from 'fastify';
import type { GatewayRequest } from './call.js';

/** What no route took; a path of the client's own making is no label. */
const unrouted = '(none)';

/** Counts, times and logs every request once it was answered. Names are those of OpenTelemetry's semantic conventions for HTTP. */
export function watchRequests(server: FastifyInstance, metrics: Metrics, log: Log): void {
  const durations = metrics.durations(
    'http_server_request_duration_seconds',
    'Requests answered: from their headers to the last byte of the answer.',
    ['http_request_method', 'http_route', 'http_response_status_code'],
  );
  server.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? unrouted;
    const ms = reply.elapsedTime;
    durations.observe(
      { http_request_method: method, http_route: route, http_response_status_code: reply.statusCode },
      ms / 1000,
    );
    if (log.isLevelEnabled('info')) {
      // None where the path could not even be routed.
      const call = (request as GatewayRequest).call as GatewayRequest['call'] | null;
      log.info(
        {
          method,
          route,
          status: reply.statusCode,
          ms: Math.round(ms),
          requestId: request.id,
          tenantId: call?.tenant?.id,
          traceId: traceIdOf(call?.traceparent),
        },
        'answered',
      );
    }
    done();
  });
}
