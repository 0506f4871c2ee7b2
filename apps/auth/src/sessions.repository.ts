import { Inject, Injectable } from '@nestjs/common';
import { refreshToken, type SessionSubject } from '@tenantry/contracts';
import type { Client } from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';

/** What is stored of a family of refresh tokens at its beginning. */
interface NewFamily {
  readonly hash: Buffer;
  readonly key: Buffer;
}

/** A session's refresh tokens end after so long, used or not, and after so long without use. PostgreSQL intervals. */
const absoluteLifetime = `${refreshToken.absoluteSeconds} s`;
const idleLifetime = `${refreshToken.idleSeconds} s`;

/**
 * Sessions in the tenant's database. Plain statements, since each must be right by itself: what two requests do at once is decided by one row's
 * lock, never by what was read before.
 */
@Injectable()
export class SessionsRepository {
  constructor(@Inject(TenantConnections) private readonly tenant: Pick<TenantConnections, 'query'>) {}

  /**
   * Opens a session for who has just shown that they may, or not: when the user was disabled or got another password since, there is none. The
   * share of the user's row makes such a change wait, or this see it.
   *
   * @returns the new session's id.
   */
  async open(
    { id, securityVersion }: SessionSubject,
    { hash, key }: NewFamily,
    client?: Client,
  ): Promise<string | undefined> {
    const rows = await this.tenant.query<{ id: string }>(
      'auth.sessions.open',
      `INSERT INTO sessions (user_id, refresh_hash, refresh_key, address, user_agent, expires_at, idle_expires_at)
       SELECT u.id, $3, $4, $5, $6, now() + interval '${absoluteLifetime}', now() + interval '${idleLifetime}'
       FROM users u WHERE u.id = $1 AND u.active AND u.security_version = $2 FOR SHARE
       RETURNING id`,
      [id, securityVersion, hash, key, client?.address, client?.agent],
    );
    return rows[0]?.id;
  }
}
