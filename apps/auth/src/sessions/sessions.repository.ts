import { Inject, Injectable } from '@nestjs/common';
import type { Clause } from '@tenantry/audit';
import { maxSessions, refreshToken, type Session, type SessionSubject } from '@tenantry/contracts';
import { type Client, networkOf } from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';
import { hashOfSecret, type RefreshToken } from './refresh-token.js';

/** A session as a refresh finds it. */
export interface FoundSession {
  readonly userId: string;
  /** Of the family's token that is not spent. */
  readonly counter: number;
  readonly key: Buffer;
  readonly ended: boolean;
  readonly expired: boolean;
  /** How long ago the token before that one was spent, in milliseconds. */
  readonly spentMsAgo: number;
}

/** What is stored of a family of refresh tokens at its beginning. */
export interface NewFamily {
  readonly hash: Buffer;
  readonly key: Buffer;
}

/** A session that was opened. */
export interface OpenedSession {
  readonly id: string;
  /** The user has more than one can have by it, or some that ended long ago: see {@link SessionsRepository.makeRoom}. */
  readonly crowds: boolean;
}

/** A session's refresh tokens end after so long, used or not, and after so long without use. PostgreSQL intervals. */
const absoluteLifetime = `${refreshToken.absoluteSeconds} s`;
const idleLifetime = `${refreshToken.idleSeconds} s`;
/** From where somebody has logged in before is known from sessions, so they stay for a while after their end. */
const rememberedAfterEnd = '90 days';
/** Where the parameters of what is kept with a new session start. */
export const keptFrom = 7;
const isForgettable = `least(ended_at, expires_at) < now() - interval '${rememberedAfterEnd}'`;
const living = 'ended_at IS NULL AND idle_expires_at > now()';

/**
 * Sessions in the tenant's database. Plain statements, since each must be right by itself: what two requests do at once is decided by one row's
 * lock, never by what was read before.
 */
@Injectable()
export class SessionsRepository {
  constructor(@Inject(TenantConnections) private readonly tenant: Pick<TenantConnections, 'query'>) {}

  /**
   * Opens a session for who has just shown that they may, or not: when the user was disabled or got another password since, there is none. The
   * share of the user's row makes such a change wait, or this see it. One statement, since every login waits for it.
   *
   * @param kept what else is written with it; its parameters start at {@link keptFrom}, the session is the row of `opened`.
   */
  async open(
    { id, securityVersion }: SessionSubject,
    { hash, key }: NewFamily,
    kept: Clause,
    client?: Client,
  ): Promise<OpenedSession | undefined> {
    const rows = await this.tenant.query<{ id: string; crowds: boolean }>(
      'auth.sessions.open',
      `WITH opened AS (
         INSERT INTO sessions (user_id, refresh_hash, refresh_key, address, user_agent, expires_at, idle_expires_at)
         SELECT u.id, $3, $4, $5, $6, now() + interval '${absoluteLifetime}', now() + interval '${idleLifetime}'
         FROM users u WHERE u.id = $1 AND u.active AND u.security_version = $2 FOR SHARE
         RETURNING id
       ), kept AS (${kept.text})
       SELECT id, (
         SELECT count(*) FILTER (WHERE ${living}) >= ${maxSessions} OR coalesce(bool_or(${isForgettable}), false)
         FROM sessions WHERE user_id = $1
       ) AS crowds FROM opened`,
      [id, securityVersion, hash, key, client?.address, client?.agent, ...kept.values],
    );
    return rows[0];
  }

  /** Whether somebody of this e-mail address has logged in from there, lately: from the same network, by which limits count, too. */
  async wasOpenedFrom(address: string, email: string): Promise<boolean> {
    const rows = await this.tenant.query<{ address: string }>(
      'auth.sessions.opened-from',
      `SELECT DISTINCT address FROM sessions JOIN users ON users.id = user_id WHERE email = $1 AND address IS NOT NULL`,
      [email],
    );
    const network = networkOf(address);
    return rows.some((one) => networkOf(one.address) === network);
  }

  async find(id: string): Promise<FoundSession | undefined> {
    const rows = await this.tenant.query<FoundSession & Record<string, unknown>>(
      'auth.sessions.find',
      `SELECT user_id AS "userId", refresh_counter AS counter, refresh_key AS key, ended_at IS NOT NULL AS ended,
        idle_expires_at <= now() AS expired,
        (extract(epoch FROM clock_timestamp() - last_used_at) * 1000)::float8 AS "spentMsAgo"
       FROM sessions WHERE id = $1`,
      [id],
    );
    return rows[0];
  }

  /**
   * Spends a token and puts its successor in its place, if it is still the one that counts.
   * @returns how long the successor is good for, in seconds.
   */
  async rotate(spent: RefreshToken, successor: Buffer): Promise<number | undefined> {
    const rows = await this.tenant.query<{ seconds: number }>(
      'auth.sessions.rotate',
      `UPDATE sessions SET refresh_counter = refresh_counter + 1, refresh_hash = $4, last_used_at = clock_timestamp(),
        idle_expires_at = least(now() + interval '${idleLifetime}', expires_at)
       WHERE id = $1 AND refresh_counter = $2 AND refresh_hash = $3 AND ended_at IS NULL AND idle_expires_at > now()
       RETURNING extract(epoch FROM idle_expires_at - now())::integer AS seconds`,
      [spent.sessionId, spent.counter, hashOfSecret(spent.secret), successor],
    );
    return rows[0]?.seconds;
  }

  /** Those of a user that live, the one used last first. */
  async list(userId: string): Promise<Omit<Session, 'current'>[]> {
    return this.tenant.query<Omit<Session, 'current'>>(
      'auth.sessions.list',
      `SELECT id, user_agent AS device, address, created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt"
       FROM sessions WHERE user_id = $1 AND ${living} ORDER BY last_used_at DESC, id DESC LIMIT ${maxSessions}`,
      [userId],
    );
  }

  /** Whether this is a session of this user that lives. */
  async has(userId: string, id: string): Promise<boolean> {
    const rows = await this.tenant.query(
      'auth.sessions.has',
      `SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2 AND ${living}`,
      [id, userId],
    );
    return rows.length > 0;
  }

  /** @returns its id, unless it had ended before. */
  end(id: string, why: string): Promise<string[]> {
    return this.ended('auth.sessions.end', `id = $2`, [why, id]);
  }

  /** @returns the ids of those that end by it. */
  endOfUser(userId: string, except: string | null, why: string): Promise<string[]> {
    return this.ended('auth.sessions.end-of-user', 'user_id = $2 AND id IS DISTINCT FROM $3', [why, userId, except]);
  }

  /** Ends what a user has beyond as many sessions as one can have, and forgets those that ended long ago. @returns the ids of those that end by it. */
  async makeRoom(userId: string, why: string): Promise<string[]> {
    await this.tenant.query('auth.sessions.forget', `DELETE FROM sessions WHERE user_id = $1 AND ${isForgettable}`, [
      userId,
    ]);
    const beyond = `SELECT id FROM sessions WHERE user_id = $2 AND ${living} ORDER BY last_used_at DESC, id DESC OFFSET ${maxSessions}`;
    return this.ended('auth.sessions.make-room', `id IN (${beyond})`, [why, userId]);
  }

  private async ended(name: string, which: string, values: unknown[]): Promise<string[]> {
    const rows = await this.tenant.query<{ id: string }>(
      name,
      `UPDATE sessions SET ended_at = now(), ended_why = $1 WHERE ${which} AND ended_at IS NULL RETURNING id`,
      values,
    );
    return rows.map(({ id }) => id);
  }
}
