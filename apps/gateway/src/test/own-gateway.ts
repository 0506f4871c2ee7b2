import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import {
  CommonConfig,
  ContextSigner,
  createLog,
  Health,
  type KitProcess,
  Messages,
  Metrics,
  Nats,
} from '@tenantry/service-kit';
import { Client, testServers } from '@tenantry/testing';
import { GatewayConfig } from '../config.js';
import { createGateway } from '../gateway.js';
import { SharedWindows } from '../limits/shared-windows.js';

/** A gateway of this process, at the servers of the test run, with no service behind it. */
export interface OwnGateway extends AsyncDisposable {
  readonly port: number;
  readonly http: Client;
  /** Whether Redis answers in time, so that limits hold over all gateways. */
  readonly sharesLimits: boolean;
}

export async function startOwnGateway(env: Readonly<Record<string, string>> = {}): Promise<OwnGateway> {
  const { natsUrl, natsPasswords, redisUrl } = testServers();
  const config = GatewayConfig.extend(CommonConfig.shape).parse({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    NATS_URL: natsUrl,
    NATS_USER: 'gateway',
    NATS_PASSWORD: natsPasswords['gateway'],
    REDIS_URL: redisUrl,
    ...env,
  });
  const log = createLog({ service: 'gateway', instance: `test-${randomBytes(4).toString('hex')}`, level: 'silent' });
  const nats = await Nats.open(config, 'gateway-test', log);
  const signer = await ContextSigner.start(nats, log, 'gateway');
  const health = new Health();
  health.watch(nats, 'gateway');
  health.ready = true;
  const close = (): Promise<void> => nats.close();
  const kit: KitProcess<GatewayConfig> = {
    config,
    log,
    nats,
    messages: new Messages(nats, signer),
    signer,
    health,
    metrics: new Metrics('gateway'),
    close,
  };
  const { app, leave } = await createGateway(kit).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const http = Client.of(`http://127.0.0.1:${port}`);
  return {
    port,
    http,
    get sharesLimits() {
      return app.get(SharedWindows, { strict: false }).isShared;
    },
    [Symbol.asyncDispose]: async () => {
      http.close();
      await leave(0);
      await close();
    },
  };
}
