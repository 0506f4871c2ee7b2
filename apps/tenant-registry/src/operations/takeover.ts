import { randomBytes } from 'node:crypto';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { CONFIG, type CommonConfig, LOG, type Log } from '@tenantry/service-kit';
import { DataSource } from 'typeorm';
import type { RegistryConfig } from '../config.js';
import { Leftovers } from './leftovers.js';
import { OperationRunner } from './operation-runner.js';
import { OperationsRepository } from './operations.repository.js';

const beatMs = 1000;
/** Silent for longer than this, a process is taken for dead. One that was only slow does no harm: see `TenantCluster`. */
export const deadSeconds = 5;
/** One number for "somebody looks for work that was left", for advisory locks in the central database. */
const sweepLock = 0x7377656570;
/** Of the engine's transactions: the longest that one may stand still. */
const idleInTransactionMs = 60_000;
/** Operations begun at one beat. */
const startsAtOnce = 20;

/**
 * With the limit that the engine sets on each new connection itself otherwise, beside the first statement of whoever waits for it: pg warns
 * of two statements at once.
 */
function engineUrl({ REGISTRY_DATABASE_URL }: RegistryConfig): string {
  const url = new URL(REGISTRY_DATABASE_URL);
  const given = url.searchParams.get('options') ?? '';
  url.searchParams.set('options', `-c idle_in_transaction_session_timeout=${idleInTransactionMs} ${given}`.trim());
  return url.href;
}

const cannotLook = 'Could not verify the existence of database';

/**
 * Sees to it that what was decided on is done, whichever process dies: says each second that this one lives, goes on with the workflows
 * of those that do not, starts what is due, and ends what its workflow has left.
 */
@Injectable()
export class Takeover implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly name: string;
  /** Under which this process says that it lives. */
  readonly executor: string;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  /** Since when this process has said so without fail, and without standing still. */
  private steadySince = 0;
  private saidAt = -Infinity;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly operations: OperationsRepository,
    private readonly runner: OperationRunner,
    private readonly leftovers: Leftovers,
    @Inject(CONFIG) private readonly config: RegistryConfig & CommonConfig,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.name = config.INSTANCE ?? 'tenant-registry';
    this.executor = `${this.name}:${randomBytes(8).toString('hex')}`;
  }

  async onApplicationBootstrap(): Promise<void> {
    // Who had our name before us is no more; what it had in hand is ours at once.
    await this.database.query('DELETE FROM instances WHERE name = $1', [this.name]);
    await this.sayAlive();
    this.launch();
    await DBOS.launch();
    await this.resume((executor) => executor.startsWith(`${this.name}:`) && executor !== this.executor);
    this.timer = setTimeout(() => this.beat(), beatMs);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.beating;
    await DBOS.shutdown();
    // From now on nobody waits for us.
    await this.database.query('DELETE FROM instances WHERE executor = $1', [this.executor]);
  }

  /** Whether this process may judge the others: they had the time to say that they live since it, and the database, last stood still. */
  get isSteady(): boolean {
    return performance.now() - this.steadySince > deadSeconds * 1000;
  }

  private launch(): void {
    const { log } = this;
    const text = (entry: unknown): string => (entry instanceof Error ? entry.message : String(entry));
    DBOS.setConfig({
      name: 'tenant-registry',
      systemDatabaseUrl: engineUrl(this.config),
      systemDatabasePoolSize: 10,
      executorID: this.executor,
      // What is unfinished must outlive a new build.
      applicationVersion: '1',
      logger: {
        info: (entry: unknown) => log.debug(text(entry)),
        debug: (entry: unknown) => log.trace(text(entry)),
        // It looks for its database in another one, which our role may not enter; it is there, for ours is the same.
        warn: (entry: unknown) => log[text(entry).startsWith(cannotLook) ? 'debug' : 'warn'](text(entry)),
        error: (entry: unknown) => log.error(text(entry)),
      },
    });
  }

  private beat(): void {
    this.beating = this.look()
      .catch((err: unknown) => {
        this.steadySince = performance.now();
        this.log.warn({ err }, 'this process cannot say that it lives');
      })
      .then(() => {
        if (this.timer) this.timer = setTimeout(() => this.beat(), beatMs);
      });
  }

  private async look(): Promise<void> {
    await this.sayAlive();
    if (this.isSteady) {
      const alive = await this.alive();
      await this.resume((executor) => !alive.has(executor));
    }
    await this.startDue();
    await this.leftovers.look();
  }

  private async sayAlive(): Promise<void> {
    await this.database.query(
      `INSERT INTO instances (executor, name) VALUES ($1, $2) ON CONFLICT (executor) DO UPDATE SET seen_at = now()`,
      [this.executor, this.name],
    );
    const now = performance.now();
    if (now - this.saidAt > deadSeconds * 1000) this.steadySince = now;
    this.saidAt = now;
  }

  private async alive(): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ executor: string }[]>(
      'SELECT executor FROM instances WHERE seen_at > now() - make_interval(secs => $1)',
      [deadSeconds],
    );
    return new Set(rows.map(({ executor }) => executor));
  }

  /** Puts the unfinished work of these back into the queue that all instances work on. */
  private resume(isDead: (executor: string) => boolean): Promise<void> {
    return this.asTheOnlyOne(async () => {
      const pending = await DBOS.listWorkflows({ status: 'PENDING', loadInput: false });
      const orphans = pending.filter(({ executorId }) => executorId === undefined || isDead(executorId));
      if (orphans.length === 0) return;
      const ids = orphans.map(({ workflowID }) => workflowID);
      this.log.info({ operations: ids }, 'going on with what another process has left');
      await DBOS.resumeWorkflows(ids);
    });
  }

  /** Decided on, but its process died before it could begin it; or put off until now. */
  private startDue(): Promise<void> {
    return this.asTheOnlyOne(async () => {
      for (const operation of await this.operations.due(startsAtOnce)) {
        // It may have died after it had begun it, too.
        if (await DBOS.getWorkflowStatus(operation.operationId)) await this.operations.begin(operation.operationId);
        else await this.runner.start(operation);
      }
    });
  }

  /** While one process looks for work that was left, no other does: what both see, both would take. */
  private async asTheOnlyOne(work: () => Promise<void>): Promise<void> {
    await this.database.transaction(async (manager) => {
      const [row] = await manager.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        sweepLock,
      ]);
      if (row?.mine) await work();
    });
  }
}
