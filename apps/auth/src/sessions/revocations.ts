import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import {
  accessToken,
  requestDeadlineMs,
  type Revocation,
  revocationNotice,
  type RevocationPage,
} from '@tenantry/contracts';
import { LOG, Notices, type Log } from '@tenantry/service-kit';
import { CentralDatabase } from '../central-database.js';

/** No token that was given before can be good any longer; one may have been under way while it was revoked. */
const keptSeconds = accessToken.lifetimeSeconds + (2 * requestDeadlineMs) / 1000;
const sweepEveryMs = 60_000;
/** Any number that nothing else in this database locks. */
const lockKey = 0x7265_766f;

/** What gateways must refuse: written to the central database, and told to all of them at once. */
@Injectable()
export class Revocations implements OnApplicationBootstrap, OnApplicationShutdown {
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly central: CentralDatabase,
    @Inject(Notices) private readonly notices: Pick<Notices, 'tell'>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.#sweeper = setInterval(() => void this.sweep(), sweepEveryMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#sweeper);
  }

  /**
   * Told first, since whoever hears needs no database; then written, for those who did not hear. What is there already stays as it is.
   * @throws ServiceError `service-unavailable` when it could not be written.
   */
  async add(revocations: readonly Revocation[]): Promise<void> {
    if (revocations.length === 0) return;
    await this.notices.tell(revocationNotice, { revocations: [...revocations] });
    // Positions are given under a lock that is kept until the commit: in their order, revocations can be seen.
    await this.central.query(
      `INSERT INTO revocations (revocation)
       SELECT revocation FROM (SELECT pg_advisory_xact_lock(${lockKey})) AS alone, jsonb_array_elements($1::jsonb) AS revocation
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(revocations)],
    );
  }

  /** Those after `position`, for all tenants. */
  async after(position: number): Promise<RevocationPage> {
    const rows = await this.central.query<{ last: number; revocations: Revocation[] }>(
      `SELECT coalesce(max(position), 0)::float8 AS last,
        coalesce(jsonb_agg(revocation ORDER BY position) FILTER (WHERE position > $1), '[]') AS revocations
       FROM revocations`,
      [position],
    );
    return { position: rows[0]!.last, revocations: rows[0]!.revocations };
  }

  private async sweep(): Promise<void> {
    try {
      await this.central.query(
        `DELETE FROM revocations WHERE created_at < now() - make_interval(secs => ${keptSeconds})`,
      );
    } catch (err) {
      this.log.warn({ err }, 'old revocations could not be removed; trying again in a minute');
    }
  }
}
