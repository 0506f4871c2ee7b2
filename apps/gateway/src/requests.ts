import { isTracing, type Log, type Metrics, openEdgeSpan, traceIdOf } from '@tenantry/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GatewayRequest } from './call.js';
import { pathOf } from './problem.js';

/** What no route took; a path of the client's own making is no label. */
const unrouted = '(none)';

const longestPath = 500;

const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? unrouted;

/** Counts, times, traces and logs every request. Names are those of OpenTelemetry's semantic conventions for HTTP. */
export function watchRequests(server: FastifyInstance, metrics: Metrics, log: Log): void {
  const durations = metrics.durations(
    'http_server_request_duration_seconds',
    'Requests answered: from their headers to the last byte of the answer.',
    ['http_request_method', 'http_route', 'http_response_status_code'],
  );
  if (isTracing())
    server.addHook('onRequest', (request, _reply, done) => (startSpan(request as GatewayRequest), done()));
  server.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const { statusCode: status, elapsedTime: ms } = reply;
    const route = routeOf(request);
    durations.observe({ http_request_method: method, http_route: route, http_response_status_code: status }, ms / 1000);
    // None where the path could not even be routed.
    const call = (request as GatewayRequest).call as GatewayRequest['call'] | null;
    call?.span?.end(status, { 'http.response.status_code': status }, call.tenant?.id);
    if (log.isLevelEnabled('info')) {
      const of = { requestId: request.id, tenantId: call?.tenant?.id, traceId: traceIdOf(call?.traceparent) };
      log.info({ method, route, status, ms: Math.round(ms), ...of }, 'answered');
    }
    done();
  });
}

function startSpan(request: GatewayRequest): void {
  const { call, method } = request;
  const route = request.routeOptions.url;
  const attributes = () => ({
    'http.request.method': method,
    'url.scheme': request.protocol,
    'url.path': pathOf(request).slice(0, longestPath),
    ...(route === undefined ? {} : { 'http.route': route }),
  });
  call.span = openEdgeSpan(route === undefined ? method : `${method} ${route}`, call, attributes);
  call.traceparent = call.span?.traceparent ?? call.traceparent;
}
