import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { ErrorCode, FieldError, FirstAdmin } from '@tenantry/contracts';
import { asServiceError, CONFIG, type CommonConfig, LOG, type Log, ServiceError } from '@tenantry/service-kit';
import type { RegistryConfig } from '../config.js';
import { Placement, type Reservation } from './placement.js';
import { ProvisioningSteps, type SealedAdmin } from './provisioning.steps.js';

/** What the workflow is given and keeps: enough to finish it on any instance, and nothing secret in the clear. */
export interface ProvisioningOrder extends Reservation {
  readonly admin: SealedAdmin;
}

/** How the reservation went, said as soon as it is known. */
type ReservationOutcome =
  | { readonly refused?: undefined }
  | { readonly refused: ErrorCode; readonly detail: string; readonly errors?: readonly FieldError[] };

const reservationEvent = 'reservation';
/** Clusters restart and brokers blink: a step is tried again for about 15 s before everything is undone. */
const retries = {
  retriesAllowed: true,
  intervalSeconds: 0.5,
  backoffRate: 2,
  maxAttempts: 6,
  // What a service refuses on its merits it will refuse again; that it does not know us or the tenant yet will pass.
  shouldRetry: (error: unknown) => ![400, 409, 422].includes(asServiceError(error).status),
} as const;

/**
 * The birth of a tenant as a durable workflow (DBOS, on the registry's own database): an ordered list of steps with a record of each. A
 * process killed at any of them goes on there when it comes back; what cannot be finished is undone.
 */
@Injectable()
export class ProvisioningWorkflow implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly provision: (order: ProvisioningOrder) => Promise<void>;

  constructor(
    private readonly placement: Placement,
    private readonly steps: ProvisioningSteps,
    @Inject(CONFIG) private readonly config: RegistryConfig & CommonConfig,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.provision = DBOS.registerWorkflow((order: ProvisioningOrder) => this.run(order), { name: 'create-tenant' });
  }

  /** Takes up what a process before this one left unfinished. */
  async onApplicationBootstrap(): Promise<void> {
    const { log } = this;
    const text = (entry: unknown): string => (entry instanceof Error ? entry.message : String(entry));
    DBOS.setConfig({
      name: 'tenant-registry',
      systemDatabaseUrl: this.config.REGISTRY_DATABASE_URL,
      systemDatabasePoolSize: 10,
      // Unfinished work belongs to an instance by its name, and must outlive a new build.
      executorID: this.config.INSTANCE ?? 'tenant-registry',
      applicationVersion: '1',
      logger: {
        info: (entry: unknown) => log.debug(text(entry)),
        debug: (entry: unknown) => log.trace(text(entry)),
        warn: (entry: unknown) => log.warn(text(entry)),
        error: (entry: unknown) => log.error(text(entry)),
      },
    });
    await DBOS.launch();
  }

  async onApplicationShutdown(): Promise<void> {
    await DBOS.shutdown();
  }

  /**
   * Starts it under `operationId` and returns once slug and place are taken.
   * @returns what resolves when the workflow has ended, one way or the other.
   * @throws ServiceError what the reservation was refused for.
   */
  async start(operationId: string, reservation: Reservation, admin: FirstAdmin): Promise<{ ended: Promise<unknown> }> {
    const order = { ...reservation, admin: this.steps.sealAdmin(reservation.id, admin) };
    const handle = await DBOS.startWorkflow(this.provision, { workflowID: operationId })(order);
    const outcome = await DBOS.getEvent<ReservationOutcome>(operationId, reservationEvent, 4);
    if (!outcome) throw new ServiceError('service-unavailable', 'The registry is busy; the operation goes on.');
    // How it ends is recorded as the operation's state: here only that it has ended matters.
    const ended = handle
      .getResult()
      .catch((err: unknown) => this.log.debug({ err, operationId }, 'an operation failed'));
    if (outcome.refused) throw new ServiceError(outcome.refused, outcome.detail, { errors: outcome.errors ?? [] });
    return { ended };
  }

  private async run({ admin, ...reservation }: ProvisioningOrder): Promise<void> {
    const { id } = reservation;
    const outcome = await DBOS.runStep(() => this.reserve(reservation), { name: 'reserve' });
    await DBOS.setEvent(reservationEvent, outcome);
    if (outcome.refused) throw new Error(outcome.detail);
    const step = (name: string, work: () => Promise<void>): Promise<void> => DBOS.runStep(work, { name, ...retries });
    try {
      await step('credentials', () => this.steps.makeCredentials(id));
      await step('role', () => this.steps.makeRole(id));
      await step('database', () => this.steps.makeDatabase(id));
      await step('first-admin', () => this.steps.makeFirstAdmin(id, admin));
      await step('activate', () => this.steps.activate(id));
    } catch (err) {
      this.log.error({ err, tenantId: id }, 'provisioning failed; undoing it');
      await DBOS.runStep(() => this.steps.undo(id), { name: 'undo', ...retries, maxAttempts: 20 });
      throw new Error('provisioning failed and was undone', { cause: err });
    }
  }

  /** A refusal is a result, not a failure: it is recorded once and not tried again. */
  private async reserve(reservation: Reservation): Promise<ReservationOutcome> {
    try {
      await this.placement.reserve(reservation);
      return {};
    } catch (thrown) {
      const error = asServiceError(thrown);
      if (error.status >= 500) throw thrown;
      return { refused: error.code, detail: error.message, errors: error.errors ?? [] };
    }
  }
}
