import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LOG, type Log } from '@tenantry/service-kit';
import { deadSeconds, Takeover } from '../operations/takeover.js';
import { TenantNotices } from '../tenants/tenant-notices.js';
import { type Claim, type Finished, MigrationClaims } from './migration-claims.js';
import { TenantMigration } from './tenant-migration.js';

const beatMs = 1000;
/** Tenants in hand at once; as many as a run may ask for. */
const mostInHand = 32;
/** What is in hand when the process is asked to leave has so long to end. What does not is undone by PostgreSQL, and done elsewhere. */
const leaveWithinMs = 8000;

/**
 * Does this process's part of the run of migrations that is under way, if there is one: takes tenants as long as the run has any to give, and
 * writes down what became of them.
 *
 * Invariant: the database is asked by one turn at a time. Those that end meanwhile are written down together, by the next.
 */
@Injectable()
export class MigrationRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly inHand = new Map<string, { readonly claim: Claim; readonly ended: Promise<void> }>();
  private readonly finished: Finished[] = [];
  private timer: NodeJS.Timeout | undefined;
  private turns: Promise<void> | undefined;
  private isWanted = false;
  private isLeaving = false;

  constructor(
    private readonly claims: MigrationClaims,
    private readonly migration: TenantMigration,
    @Inject(TenantNotices) private readonly notices: Pick<TenantNotices, 'tell'>,
    @Inject(Takeover) private readonly takeover: Pick<Takeover, 'executor' | 'isSteady'>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.beat(), beatMs);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isLeaving = true;
    clearInterval(this.timer);
    const all = [...this.inHand.values()].map(({ ended }) => ended);
    await Promise.race([Promise.all(all), sleep(leaveWithinMs, undefined, { ref: false })]);
    this.wake();
    await this.turns;
  }

  /** Looks at once whether there is something to do. */
  wake(): void {
    this.isWanted = true;
    this.turns ??= this.takeTurns();
  }

  private beat(): void {
    if (!this.isLeaving) this.turns ??= this.takeBack().then(() => this.takeTurns());
  }

  /** Takes back what was left, while nothing is taken: what this process is just given it does not know of yet. */
  private async takeBack(): Promise<void> {
    try {
      if (!(await this.claims.areOpen())) return;
      const { executor, isSteady } = this.takeover;
      await this.claims.giveBack(executor, [...this.inHand.keys()], isSteady ? deadSeconds : null);
      this.isWanted = true;
    } catch (err) {
      this.log.warn({ err }, 'the run of migrations cannot be looked at');
    }
  }

  private async takeTurns(): Promise<void> {
    while (this.isWanted) {
      this.isWanted = false;
      await this.exchange();
    }
    // At once, not in a later turn of the loop: whoever wakes it from now on finds nobody at it.
    this.turns = undefined;
  }

  private async exchange(): Promise<void> {
    const finished = this.finished.splice(0);
    const room = this.isLeaving ? 0 : mostInHand - this.inHand.size + finished.length;
    try {
      const { claims, changed, stopped } = await this.claims.exchange(this.takeover.executor, finished, room);
      for (const { claim } of finished) this.inHand.delete(claim.tenantId);
      for (const claim of claims) this.inHand.set(claim.tenantId, { claim, ended: this.work(claim) });
      for (const notice of changed) this.notices.tell(notice);
      if (stopped)
        this.log[stopped.state === 'succeeded' ? 'info' : 'warn'](stopped, 'a run of migrations has stopped');
    } catch (err) {
      // The next beat tries again.
      this.finished.unshift(...finished);
      this.log.warn({ err }, 'the run of migrations cannot be gone on with at the moment');
    }
  }

  private async work(claim: Claim): Promise<void> {
    const outcome = await this.migration.migrate(claim);
    this.finished.push({ claim, outcome });
    this.wake();
  }
}
