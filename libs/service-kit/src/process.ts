import { randomBytes } from 'node:crypto';
import { issuers, type Issuer } from '@tenantry/contracts';
import type { Server } from 'node:http';
import type { z } from 'zod';
import { CommonConfig, InvalidConfig, readConfig } from './config.js';
import { ContextSigner } from './context/signer.js';
import { Health } from './health.js';
import { listenInternally } from './internal-server.js';
import { createLog, type Log } from './log.js';
import { Metrics } from './metrics.js';
import { Messages } from './nats/messages.js';
import { Nats } from './nats/nats.js';
import { startTelemetry } from './telemetry.js';

/** What every process of Tenantry stands on once it has started. */
export interface KitProcess<Config> {
  readonly config: Readonly<Config & CommonConfig>;
  readonly log: Log;
  readonly nats: Nats;
  readonly messages: Messages;
  /** Only where the service may issue signed contexts. */
  readonly signer: ContextSigner | undefined;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Closes what {@link startProcess} opened, in the reverse order. */
  close(): Promise<void>;
}

/** How long a process has to leave once it was asked to; then it is ended with whatever it had in hand. */
const leaveWithinMs = 15_000;

const leavingSignals = ['SIGTERM', 'SIGINT'] as const;
/** With nothing in hand yet. Said, since the first process of a container is not ended by a signal that it does not listen to. */
const leaveAtOnce = (): never => process.exit(0);

const isIssuer = (service: string): service is Issuer => (issuers as readonly string[]).includes(service);

/**
 * Starts the part that all processes share: settings, log, probes, telemetry, broker, identity. Ends the process with code 1 and a
 * line for each wrong setting when the environment cannot be used. Until {@link leaveOnSignal} a signal ends it at once.
 */
export async function startProcess<Schema extends z.ZodObject>(
  service: string,
  schema: Schema,
): Promise<KitProcess<z.output<Schema>>> {
  for (const signal of leavingSignals) process.on(signal, leaveAtOnce);
  const config = readConfigOrEnd(schema.extend(CommonConfig.shape)) as Readonly<z.output<Schema> & CommonConfig>;
  const instance = config.INSTANCE ?? `${service}-${randomBytes(4).toString('hex')}`;
  const log = createLog({ service, instance, level: config.LOG_LEVEL });
  const health = new Health();
  const metrics = new Metrics(service);
  const probes = await listenInternally(config.HEALTH_HOST, config.HEALTH_PORT, health, metrics);
  const stopTelemetry = await startTelemetry({ service, instance, isEdge: service === 'gateway' });
  const nats = await Nats.open(config, instance, log);
  health.watch(nats, service);
  const signer = isIssuer(service) ? await ContextSigner.start(nats, log, service) : undefined;
  const close = async (): Promise<void> => {
    await nats.close();
    await stopTelemetry();
    await closeServer(probes);
  };
  const messages = new Messages(nats, signer);
  watchBroker(metrics, nats, messages);
  return { config, log, nats, messages, signer, health, metrics, close };
}

/**
 * Leaves on SIGTERM or SIGINT: not ready, then `leave`, then the process ends. A second signal changes nothing.
 * @param leave finishes the work in hand and closes all that was opened.
 */
export function leaveOnSignal(
  kit: Pick<KitProcess<unknown>, 'health' | 'log'>,
  leave: (signal: NodeJS.Signals) => Promise<void>,
): void {
  let leaving = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (leaving) return;
    leaving = true;
    kit.health.ready = false;
    kit.log.info({ signal }, 'leaving');
    setTimeout(() => {
      kit.log.error('did not finish in time; leaving with work in hand');
      process.exit(1);
    }, leaveWithinMs).unref();
    leave(signal).then(
      () => process.exit(0),
      (err: unknown) => {
        kit.log.error({ err }, 'failed while leaving');
        process.exit(1);
      },
    );
  };
  for (const signal of leavingSignals) process.off(signal, leaveAtOnce).on(signal, onSignal);
}

function readConfigOrEnd<Schema extends z.ZodObject>(schema: Schema): Readonly<z.output<Schema>> {
  try {
    return readConfig(schema);
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function watchBroker(metrics: Metrics, nats: Nats, messages: Messages): void {
  const connected = metrics.gauge('tenantry_nats_connected', 'Whether the connection to the broker stands: 1 or 0.');
  const pending = metrics.gauge(
    'tenantry_requests_pending',
    'Requests to other services that nobody has answered yet.',
  );
  metrics.onScrape(() => {
    connected.set(Number(nats.isConnected));
    pending.set(messages.pending);
  });
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
