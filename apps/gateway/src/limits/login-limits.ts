import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, networkOf, ServiceError } from '@tenantry/service-kit';
import type { GatewayConfig } from '../config.js';
import { Refusals } from './refusals.js';
import { SharedWindows, type Waiter } from './shared-windows.js';

/** Whose login is tried, as the request says. */
interface Claimed {
  readonly tenant: string;
  readonly email: string;
  readonly address: string;
}

/** One login under way. It counts as failed unless it is forgotten. */
interface Attempt {
  /** Seconds until strangers are heard again; null where nothing has been limited. Who logged in from the same address before is heard all the same. */
  readonly limitedForSeconds: number | null;
  forget(): void;
}

const windowMs = 15 * 60_000;

/** Failures in a window. Beyond the first, nobody is heard; beyond one of the others, those who have logged in from the same address before. */
const limits = { guesser: 10, account: 30, address: 300, tenant: 3000 } as const;
type Limit = keyof typeof limits;

/**
 * Failed logins, counted with the other gateways, by account and address, by account, by address and by tenant. An account that does not exist
 * is counted as one that does.
 */
@Injectable()
export class LoginLimits {
  constructor(
    private readonly windows: SharedWindows,
    private readonly refusals: Refusals,
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'TENANTRY_LIMITS'>,
  ) {}

  /** Counts a login before it is tried, so that many at once are counted too. @throws ServiceError `rate-limited` */
  async begin(claimed: Claimed, waiter: Waiter = { limitsWaitedMs: 0 }): Promise<Attempt> {
    if (this.config.TENANTRY_LIMITS === 'off') return { limitedForSeconds: null, forget: () => undefined };
    const keys = keysOf(claimed);
    const taken: string[] = [];
    let limitedForSeconds: number | null = null;
    for (const limit of Object.keys(limits) as Limit[]) {
      const count = await this.windows.count(keys[limit], windowMs, limits[limit], waiter);
      if (!count.isBlocked) taken.push(keys[limit]);
      else if (limit === 'guesser') throw this.refusal(limit, count.timeToBlockExpire);
      else limitedForSeconds = count.timeToBlockExpire;
    }
    if (limitedForSeconds !== null) this.refusals.count('login');
    return {
      limitedForSeconds,
      forget: () => {
        for (const key of taken) this.windows.giveBack(key);
      },
    };
  }

  private refusal(limit: Limit, retryAfterSeconds: number): ServiceError {
    this.refusals.count(`login-${limit}`);
    return new ServiceError('rate-limited', 'Too many logins have failed.', { retryAfterSeconds });
  }
}

/** As hashes: Redis need not know who tries to log in, and a long e-mail address is no longer a key. */
function keysOf({ tenant, email, address }: Claimed): Readonly<Record<Limit, string>> {
  const network = networkOf(address);
  const keyOf = (limit: Limit, ...parts: string[]): string =>
    `login-${limit}:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)}`;
  return {
    guesser: keyOf('guesser', tenant, email, network),
    account: keyOf('account', tenant, email),
    address: keyOf('address', network),
    tenant: keyOf('tenant', tenant),
  };
}
