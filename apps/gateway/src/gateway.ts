import 'reflect-metadata';
import compress from '@fastify/compress';
import type { ServerHttp2Session } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from 'node:tls';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { KitModule, type KitProcess, leaveOnSignal, NestLog, startProcess } from '@tenantry/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppModule, controllers } from './app.module.js';
import type { GatewayRequest } from './call.js';
import { GatewayConfig, refuseUnlimitedProduction } from './config.js';
import { addDocs } from './docs/pages.js';
import { allRoutes } from './docs/routes.js';
import { letPagesIn } from './server/cors.js';
import { Load } from './server/load.js';
import { Refused } from './server/refused.js';
import { AddressLimit } from './pipeline/address-limit.js';
import { startCalls } from './pipeline/request-id.js';
import { watchRequests } from './requests.js';
import { Keys } from './callers/keys.js';
import { Revocations } from './callers/revocations.js';
import { RouteTable } from './route-table.js';
import { createServer } from './server/server.js';
import { followCertificate } from './server/tls.js';

/**
 * Long lists and pages, for those who ask. No answer with an entity tag is that large, so a tag names one sequence of bytes
 * (RFC 9110, 8.8.3.3).
 */
const packing = { threshold: 16 * 1024, encodings: ['gzip' as const], globalDecompression: false };

/** Whether the answer comes before the end of a body of unknown length, or of one that is late: what is left of it is not waited for. */
const isEndless = (request: FastifyRequest): boolean => {
  const { call, raw } = request as GatewayRequest | (FastifyRequest & { call: null });
  return (
    !raw.complete && ('transfer-encoding' in raw.headers || (call !== null && call.deadlineAt <= performance.now()))
  );
};

/** Once told to, ends each connection with the answer it waits for: one kept alive would hold up the leaving, and then be cut. */
function endingConnections(server: FastifyInstance): () => void {
  let isLeaving = false;
  const sessions = new Set<ServerHttp2Session>();
  server.server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    // HTTP/2 says it in a frame of its own (RFC 9113, 6.8).
    if (request.raw.httpVersionMajor === 1 && (isLeaving || isEndless(request))) reply.header('connection', 'close');
    done(null, payload);
  });
  return () => {
    isLeaving = true;
    for (const session of sessions) session.close();
  };
}

/** What is behind the port, ready to listen. */
export interface Gateway {
  readonly app: NestFastifyApplication;
  /** Ends connections with their next answer; `delayMs` later takes no more, answers what was taken, and ends every connection. */
  readonly leave: (delayMs: number) => Promise<void>;
}

/** Puts the gateway together. @throws TypeError for a route that does not say who may call it. */
export async function createGateway(kit: KitProcess<GatewayConfig>): Promise<Gateway> {
  const { config, log } = kit;
  // Before anything is opened: a route that does not say who may call it is reason enough not to start.
  const routes = allRoutes(controllers);
  const adapter = createServer(config, (why) => app.get(Refused).count(why));
  const root: DynamicModule = { module: class Root {}, imports: [KitModule.of(kit), AppModule] };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: new NestLog(log),
    abortOnError: false,
    // The one parser is server.ts' own: no other type of body comes in.
    bodyParser: false,
  });
  const server = adapter.getInstance<FastifyInstance>();
  if (server.server instanceof Server) followCertificate(server.server, config, log);
  app.get(RouteTable).follow(server);
  startCalls(server);
  watchRequests(server, kit.metrics, kit.log);
  app.get(AddressLimit).guard(server);
  const endConnections = endingConnections(server);
  if (config.CORS_ORIGINS.length > 0) letPagesIn(server, config.CORS_ORIGINS);
  // Before there is packing: theirs are packed once, not for each request anew, and have a tag for it.
  await addDocs(server, routes);
  await server.register(compress, packing);
  app.get(Load).guard(server);
  const leave = async (delayMs: number): Promise<void> => {
    endConnections();
    await sleep(delayMs);
    await app.close();
  };
  return { app, leave };
}

/** Starts the gateway; resolves once it takes requests. */
export async function startGateway(): Promise<void> {
  const kit = await startProcess('gateway', GatewayConfig);
  const { config, log, health } = kit;
  try {
    refuseUnlimitedProduction(config);
    const { app, leave } = await createGateway(kit);
    leaveOnSignal(kit, async (signal) => {
      // At a terminal (SIGINT) nobody is going to take over.
      await leave(signal === 'SIGTERM' ? config.SHUTDOWN_DELAY_SECONDS * 1000 : 0);
      await kit.close();
    });
    await app.init();
    // A gateway that does not know yet what was revoked would let it in; one without keys could let nobody in.
    await Promise.all([app.get(Revocations).loaded, app.get(Keys).loaded]);
    await app.listen(config.PORT, config.HOST);
  } catch (err) {
    log.fatal({ err }, 'could not start');
    process.exit(1);
  }
  health.ready = true;
  log.info({ port: config.PORT }, 'ready');
}
