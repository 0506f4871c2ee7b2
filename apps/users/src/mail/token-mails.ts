import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOG, type Log } from '@tenantry/service-kit';
import { TenantConnections } from '@tenantry/tenant-connection';
import { TenantTerms } from '../tenant/tenant-terms.js';
import { MailTokensRepository } from './mail-tokens.repository.js';
import { Mailer } from './mailer.js';
import type { MailPurpose } from './mails.js';

/** Mails that may be on their way at once; what comes on top is dropped, and can be asked for again. */
const maxUnderWay = 100;

/**
 * Sends tokens by mail, after the answer: how long that takes, or whether there is anybody to send to, cannot be seen from outside.
 *
 * Invariant: at most {@link maxUnderWay} are being sent; the service does not leave before they are.
 */
@Injectable()
export class TokenMails implements OnApplicationShutdown {
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly connections: TenantConnections,
    private readonly tokens: MailTokensRepository,
    private readonly mailer: Mailer,
    private readonly terms: TenantTerms,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @param find who is to have one, looked up in the tenant; undefined for nobody. */
  sendSoon(tenantId: string, purpose: MailPurpose, find: () => Promise<string | undefined>): void {
    if (this.#underWay.size >= maxUnderWay) {
      this.log.warn({ tenantId, purpose }, 'too many mails are under way; one was dropped');
      return;
    }
    const sending = this.send(tenantId, purpose, find)
      .catch((err: unknown) => this.log.error({ err, tenantId, purpose }, 'a mail could not be sent'))
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  private async send(tenantId: string, purpose: MailPurpose, find: () => Promise<string | undefined>): Promise<void> {
    const issued = await this.connections.runInTenant(tenantId, async () => {
      const userId = await find();
      return userId && this.tokens.issue(userId, purpose);
    });
    if (!issued) return;
    const { slug } = await this.terms.get(tenantId);
    await this.mailer.send(purpose, issued, slug);
  }
}
