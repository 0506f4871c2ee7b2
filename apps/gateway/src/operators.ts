import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Tenants } from '@tenantry/contracts';
import { Messages } from '@tenantry/service-kit';
import { LRUCache } from 'lru-cache';
import type { Identity } from './call.js';

/** What every operator key begins with, so that it is told from a token at sight. */
export const operatorKeyPrefix = 'tok_';

/** A key taken away is refused after this at the latest. */
const freshMs = 2000;

/** Reads operators' keys. The key itself stays here: the registry is asked by its hash. */
@Injectable()
export class Operators {
  private readonly known: LRUCache<string, Identity>;

  constructor(@Inject(Messages) messages: Messages) {
    this.known = new LRUCache<string, Identity>({
      max: 1000,
      ttl: freshMs,
      fetchMethod: async (keyHash) => {
        const { id, scopes, expiresAt } = await messages.ask(Tenants.findOperator, { keyHash });
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
