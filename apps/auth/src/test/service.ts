import { Catch, type INestMicroservice, type RpcExceptionFilter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { StreamMaker } from '@tenantry/outbox';
import {
  ContextVerifier,
  KitModule,
  MessageScope,
  MessageServer,
  Metrics,
  NestLog,
  type KitProcess,
} from '@tenantry/service-kit';
import { AppModule } from '../app.module.js';
import type { AuthConfig } from '../config.js';
import { connect, issuer, log } from './bus.js';

/** As the kit's own: errors reach the message server as they are. */
@Catch()
class Rethrow implements RpcExceptionFilter {
  catch(error: unknown): never {
    throw error;
  }
}

/** The real service over the real broker, in this process. */
export async function startAuth(config: AuthConfig): Promise<INestMicroservice> {
  await new StreamMaker(await connect('tenant-registry'), log).look();
  const nats = await connect('auth');
  const { signer, messages } = await issuer(nats, 'auth');
  const kit = { config, log, nats, messages, signer, metrics: new Metrics('auth') } as unknown as KitProcess<unknown>;
  const root = { module: class Root {}, imports: [KitModule.of(kit), AppModule] };
  const options = { service: 'auth', maxInFlight: 512, checkReplies: true, log };
  const server = new MessageServer(nats, new ContextVerifier(nats, 'auth'), options);
  const service = await NestFactory.createMicroservice(root, {
    strategy: server,
    logger: new NestLog(log),
    abortOnError: false,
  });
  service.useGlobalFilters(new Rethrow());
  server.within(service.get(MessageScope, { strict: false }));
  await service.listen();
  return service;
}
