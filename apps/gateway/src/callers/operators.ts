import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Operators as OperatorMessages } from '@tenantry/contracts';
import { Messages } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import { type Identity, lookUpMs } from '../call.js';

/** A key taken away is refused after this and the time of one question: within 2 s. */
const freshMs = 1000;

/** Reads operators' keys. The key itself stays here: the registry is asked by its hash. */
@Injectable()
export class Operators {
  private readonly known: LRUCache<string, Identity>;

  constructor(@Inject(Messages) messages: Messages) {
    this.known = new LRUCache<string, Identity>({
      max: 1000,
      ttl: freshMs,
      fetchMethod: async (keyHash) => {
        const { id, scopes, expiresAt } = await messages.ask(
          OperatorMessages.find,
          { keyHash },
          { withinMs: lookUpMs },
        );
        const caller = { subject: `operator:${id}`, userId: null, tenantId: null, session: null, permissions: scopes };
        return { caller, expiresAt: expiresAt ? Math.floor(Date.parse(expiresAt) / 1000) : Number.MAX_SAFE_INTEGER };
      },
    });
  }

  /** @throws ServiceError `unauthenticated` */
  identify(key: string): Promise<Identity> {
    return this.known.forceFetch(createHash('sha256').update(key).digest('hex'));
  }
}
