import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from './config.js';
import { requestIdOf } from './pipeline/request-id.js';
import { asProblemError, problemOnSocket, sendProblem } from './problem.js';
import { standingHeaders } from './security-headers.js';

const maxBodyBytes = 1024 * 1024;
const maxHeaderBytes = 16 * 1024;
/** A client that has not finished its request by then is cut off. */
const requestTimeoutMs = 15_000;

/** Node could not read the request: there is only the socket to answer on. */
function answerOnSocket(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  socket.end(problemOnSocket(status, randomUUID()));
}

/** Node answers or drops some requests before anybody is asked: they get an answer of ours. */
function answerAll(server: Server): void {
  // An expectation other than 100-continue may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_request, socket) => socket.end(problemOnSocket(400, randomUUID())));
}

/** The HTTP server under Nest, with its limits. */
export function createServer(config: GatewayConfig): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: maxBodyBytes,
    trustProxy: config.TRUSTED_PROXIES.length > 0 ? [...config.TRUSTED_PROXIES] : false,
    requestTimeout: requestTimeoutMs,
    http: { maxHeaderSize: maxHeaderBytes, headersTimeout: requestTimeoutMs, requireHostHeader: false },
    genReqId: requestIdOf,
    // While leaving, requests on open connections are still answered: the client did nothing wrong.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerOnSocket,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      // No hook has run for a path that cannot be routed.
      reply.headers(standingHeaders).header('x-request-id', request.id);
      sendProblem(asProblemError(error), request, reply);
    },
    routerOptions: { maxParamLength: 256 },
  });
  answerAll(adapter.getInstance().server);
  return adapter;
}
