import { Inject, Injectable } from '@nestjs/common';
import { type TenantPlace, Tenants } from '@tenantry/contracts';
import { asServiceError, Messages } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';

/** What the platform and a tenant have agreed on, as far as its people may know. */
export type Terms = Pick<TenantPlace, 'id' | 'slug' | 'name' | 'plan' | 'limits' | 'signUp'>;

const maxKnown = 10_000;

/** Asks the registry each time, for these are rare questions; while it is away, what was last heard holds. */
@Injectable()
export class TenantTerms {
  readonly #heard = new LRUCache<string, Terms>({ max: maxKnown });

  constructor(@Inject(Messages) private readonly messages: Messages) {}

  /** @throws ServiceError `service-unavailable`, `deadline-exceeded` when the registry is away and the tenant was never heard of. */
  async get(tenantId: string): Promise<Terms> {
    try {
      const { id, slug, name, plan, limits, signUp } = await this.messages.ask(
        Tenants.locate,
        { id: tenantId },
        { tenantId },
      );
      const terms = { id, slug, name, plan, limits, signUp };
      this.#heard.set(tenantId, terms);
      return terms;
    } catch (error) {
      const heard = asServiceError(error).status >= 503 ? this.#heard.get(tenantId) : undefined;
      if (!heard) throw error;
      return heard;
    }
  }
}
