import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TenantConnections } from '@tenantry/tenant-connection';
import type { MailPurpose } from './mails.js';

const tokenBytes = 32;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Tokens that travel by mail: stored as a hash, good for an hour, used once. */
@Injectable()
export class MailTokensRepository {
  constructor(private readonly connections: TenantConnections) {}

  /**
   * A new token for an active user, in place of an older one of its purpose.
   * @returns nothing where this address was sent one within the last minute, so that nobody is flooded with mail.
   */
  issue(userId: string, purpose: MailPurpose): Promise<{ token: string; email: string } | undefined> {
    return this.connections.transaction(async () => {
      // One at a time: of two, the second sees what the first has sent. No lock of a row, which whoever spends a token may hold.
      const turn = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
      await this.connections.query('mail-tokens.turn', turn, [`mail-tokens ${userId}`]);
      return this.issueInTurn(userId, purpose);
    });
  }

  /** Whose token this is, while it is good; it stays to be spent. */
  async find(token: string, purpose: MailPurpose): Promise<{ userId: string } | undefined> {
    const text = `SELECT user_id AS "userId" FROM mail_tokens JOIN users ON users.id = user_id
      WHERE hash = $1 AND purpose = $2 AND expires_at > now() AND active AND users.email = mail_tokens.email`;
    const [found] = await this.connections.query<{ userId: string }>('mail-tokens.find', text, [
      hashOf(token),
      purpose,
    ]);
    return found;
  }

  /** Spends the token: of many who try at once, one is told whose it was. */
  async spend(token: string, purpose: MailPurpose): Promise<{ userId: string } | undefined> {
    const text = `DELETE FROM mail_tokens USING users
      WHERE hash = $1 AND purpose = $2 AND expires_at > now() AND users.id = user_id AND active AND users.email = mail_tokens.email
      RETURNING user_id AS "userId"`;
    const [spent] = await this.connections.query<{ userId: string }>('mail-tokens.spend', text, [
      hashOf(token),
      purpose,
    ]);
    return spent;
  }

  private async issueInTurn(
    userId: string,
    purpose: MailPurpose,
  ): Promise<{ token: string; email: string } | undefined> {
    const token = randomBytes(tokenBytes).toString('base64url');
    const text = `WITH recent AS (
        SELECT FROM mail_tokens JOIN users ON users.id = user_id AND users.email = mail_tokens.email
        WHERE user_id = $2 AND purpose = $3 AND mail_tokens.created_at > now() - interval '1 minute'
      ), older AS (
        DELETE FROM mail_tokens WHERE user_id = $2 AND purpose = $3 AND NOT EXISTS (SELECT FROM recent)
      )
      INSERT INTO mail_tokens (hash, user_id, purpose, email, expires_at)
        SELECT $1, id, $3, email, now() + interval '1 hour' FROM users
        WHERE id = $2 AND active AND NOT EXISTS (SELECT FROM recent)
      RETURNING email`;
    const values = [hashOf(token), userId, purpose];
    const [issued] = await this.connections.query<{ email: string }>('mail-tokens.issue', text, values);
    return issued && { token, email: issued.email };
  }
}
