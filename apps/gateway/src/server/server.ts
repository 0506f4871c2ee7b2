import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { constants, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { takeJson } from './json-body.js';
import { requestIdOf } from '../pipeline/request-id.js';
import { asProblemError, bareProblem, problemOnSocket, sendProblem } from '../problem.js';
import type { WhyRefused } from './refused.js';
import { standingHeaders } from './security-headers.js';
import { readTls } from './tls.js';
import { trustIn } from './trusted-proxies.js';

const maxHeaderBytes = 16 * 1024;
/** A client that has not finished its headers, or a body that nobody waits for, by then is cut off. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 15_000;
/** How often Node looks for clients that are too slow: its own 30 s would come on top of the above. */
const slowClientsEveryMs = 1000;
/** A connection on which nothing moves, be it that the client does not read its answer. */
const idleMs = 30_000;
const keepAliveMs = 72_000;
/** A slow client holds a connection for a while: there is room for many before anybody is turned away. */
const maxConnections = 10_000;

/** Node could not read the request: there is only the socket to answer on. */
function answerOnSocket(error: Error & { code?: string }, socket: Duplex, count: Count): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  count(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'slow' : 'unreadable');
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  socket.end(problemOnSocket(status, randomUUID()));
}

/** Node answers or drops some requests before anybody is asked: they get an answer of ours. */
function answerAll(server: Server): void {
  server.maxConnections = maxConnections;
  // Node would leave out what is beyond its count without a word; we count ourselves (pipeline/exact-request.ts).
  server.maxHeadersCount = 0;
  // Nobody is told to go on before the body is wanted; another expectation may be ignored (RFC 9110, 10.1.1).
  for (const event of ['checkContinue', 'checkExpectation']) {
    server.on(event, (request, response) => server.emit('request', request, response));
  }
  server.on('connect', refuseTunnel);
}

/** A CONNECT comes here with the bare socket, or by HTTP/2 with what answers its one stream. */
function refuseTunnel(_request: unknown, to: Duplex | Http2ServerResponse): void {
  if (!(to instanceof Http2ServerResponse)) {
    // Its target is no path, like any other that is refused for it.
    to.end(problemOnSocket(400, randomUUID()));
    return;
  }
  const { status, headers, body } = bareProblem(405, randomUUID());
  to.writeHead(status, headers);
  // The client's half would stay open: what it sends is for nobody.
  to.end(body, () => to.stream.close(constants.NGHTTP2_NO_ERROR));
}

/** HTTP/2 has no deadline for a whole request: a body that trickles in ends with its stream. */
function endSlowStreams(instance: FastifyInstance): void {
  instance.server.on('stream', (stream: ServerHttp2Stream) => {
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), requestTimeoutMs);
    stream.once('close', () => clearTimeout(timer));
    stream.once('end', () => clearTimeout(timer));
  });
}

const http1 = {
  maxHeaderSize: maxHeaderBytes,
  headersTimeout: headersTimeoutMs,
  requestTimeout: requestTimeoutMs,
  connectionsCheckingInterval: slowClientsEveryMs,
  requireHostHeader: false,
};

const http2 = {
  allowHTTP1: true,
  maxSessionMemory: 2,
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: maxHeaderBytes },
};

/** The way in: plain, or TLS with HTTP/1.1, or with HTTP/2 for those who ask for it (ALPN, RFC 7301). */
function transportOf(config: GatewayConfig): object {
  const tls = readTls(config);
  if (!tls) return { http: http1 };
  if (config.HTTP2 === 'off') return { https: { ...http1, ...tls } };
  return { http2: true, http2SessionTimeout: idleMs, https: { ...http1, ...http2, ...tls } };
}

type Count = (why: WhyRefused) => void;

/** The HTTP server under Nest, with its limits; `count` hears of what is answered on the socket. */
export function createServer(config: GatewayConfig, count: Count = () => undefined): FastifyAdapter {
  const adapter = new FastifyAdapter({
    ...transportOf(config),
    trustProxy: config.TRUSTED_PROXIES.length > 0 ? trustIn(config.TRUSTED_PROXIES) : false,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: idleMs,
    keepAliveTimeout: keepAliveMs,
    genReqId: requestIdOf,
    // While leaving, requests on open connections are still answered: the client did nothing wrong.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => answerOnSocket(error, socket, count),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      // No hook has run for a path that cannot be routed.
      reply.headers(standingHeaders).header('x-request-id', request.id);
      sendProblem(asProblemError(error), request, reply);
    },
    routerOptions: { maxParamLength: 256 },
  });
  const instance = adapter.getInstance<FastifyInstance>();
  answerAll(instance.server);
  endSlowStreams(instance);
  takeJson(instance);
  return adapter;
}
