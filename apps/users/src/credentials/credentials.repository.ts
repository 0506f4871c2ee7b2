import { Injectable } from '@nestjs/common';
import type { SessionSubject } from '@tenantry/contracts';
import { TenantConnections } from '@tenantry/tenant-connection';
import { Changes } from '../changes/changes.js';

/** What a password is verified against. */
export interface Credentials {
  readonly id: string;
  readonly passwordHash: string;
  readonly active: boolean;
}

/** Whoever may have shown who they are: what their password is verified against, and what their tokens would say. */
export type Claimant = Credentials & SessionSubject;

const columns = 'id, password_hash AS "passwordHash", active';
/** A user as tokens name them. */
const subject = `id, security_version AS "securityVersion",
  ARRAY(SELECT name FROM roles JOIN user_roles ON role_id = roles.id WHERE user_id = users.id ORDER BY name) AS roles`;

/** Password hashes of the caller's tenant: nothing else reads or writes them once a user is there. */
@Injectable()
export class CredentialsRepository {
  constructor(
    private readonly connections: TenantConnections,
    private readonly changes: Changes,
  ) {}

  /** Costs one query whether or not there is such a user. */
  async findByEmail(email: string): Promise<Claimant | null> {
    const text = `SELECT password_hash AS "passwordHash", active, ${subject} FROM users WHERE email = $1`;
    const [known] = await this.connections.query<Claimant>('credentials.by-email', text, [email]);
    return known ?? null;
  }

  async find(id: string): Promise<Credentials | null> {
    const text = `SELECT ${columns} FROM users WHERE id = $1`;
    const [known] = await this.connections.query<Credentials>('credentials.find', text, [id]);
    return known ?? null;
  }

  /** Who is logged in, while they may be. */
  async findSubject(id: string): Promise<SessionSubject | null> {
    const text = `SELECT ${subject} FROM users WHERE id = $1 AND active`;
    const [found] = await this.connections.query<SessionSubject>('credentials.subject', text, [id]);
    return found ?? null;
  }

  /** The same password, hashed anew: nobody's access changes. */
  async renew({ id, passwordHash }: Pick<Credentials, 'id' | 'passwordHash'>, renewed: string): Promise<void> {
    const text = 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2';
    await this.connections.query('credentials.renew', text, [id, passwordHash, renewed]);
  }

  /**
   * Another password, which ends all sessions but `except`.
   * @returns whether the hash was still the one that is known.
   */
  change(
    known: Pick<Credentials, 'id' | 'passwordHash'>,
    passwordHash: string,
    except: string | null,
  ): Promise<boolean> {
    const text = `UPDATE users SET password_hash = $3, security_version = security_version + 1, updated_at = now()
      WHERE id = $1 AND password_hash = $2 RETURNING security_version AS version`;
    return this.changes.transaction(async (say) => {
      await this.forgetMails(known.id);
      const values = [known.id, known.passwordHash, passwordHash];
      const [changed] = await this.connections.query<{ version: number }>('credentials.change', text, values);
      if (!changed) return false;
      say.access({ kind: 'user', userId: known.id, version: changed.version, sessions: 'ended', except });
      await say.audit({ action: 'users.password-changed', targetId: known.id });
      return true;
    });
  }

  /**
   * Another password for whoever `spend` says, in one transaction with the spending; it ends all their sessions, and shows that they read
   * their mail.
   * @returns false where nothing was spent.
   */
  reset(passwordHash: string, spend: () => Promise<{ userId: string } | undefined>): Promise<boolean> {
    const text = `UPDATE users SET password_hash = $2, security_version = security_version + 1, updated_at = now(),
      email_verified_at = coalesce(email_verified_at, now()) WHERE id = $1 RETURNING security_version AS version`;
    return this.changes.transaction(async (say) => {
      const spent = await spend();
      if (!spent) return false;
      const { userId } = spent;
      await this.forgetMails(userId);
      const values = [userId, passwordHash];
      const [changed] = await this.connections.query<{ version: number }>('credentials.reset', text, values);
      say.access({ kind: 'user', userId, version: changed!.version, sessions: 'ended', except: null });
      await say.audit({ action: 'users.password-reset', targetId: userId });
      return true;
    });
  }

  /**
   * What was mailed to set a new password with is worth nothing once there is one: whoever has it may be whom the change is to keep out.
   * Before the user's row is written: whoever spends a token has its row before they have the user's, and so nobody waits in a circle.
   */
  private async forgetMails(userId: string): Promise<void> {
    const text = `DELETE FROM mail_tokens WHERE user_id = $1 AND purpose = 'reset-password'`;
    await this.connections.query('credentials.forget-mails', text, [userId]);
  }
}
