import { ContextClaims, contextLifetimeSeconds, contextType, type ServiceName } from '@tenantry/contracts';
import { errors as jwtErrors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Nats } from '../nats/nats.js';
import type { Caller } from '../request-context.js';
import { ServiceError } from '../service-error.js';
import { ContextKeys } from './keys.js';

interface Verified {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

const userPrefix = 'user:';

const refuse = (cause: unknown): ServiceError =>
  new ServiceError('unauthenticated', 'The signed context is missing or not valid here.', { cause });

/**
 * Decides whom to believe. A statement is checked once and then known by its whole text until it expires.
 */
export class ContextVerifier {
  readonly #verified = new LRUCache<string, Verified>({ max: 20_000 });
  readonly #keys: ContextKeys;
  #lastToken = '';
  #last: Verified | undefined;

  constructor(
    nats: Nats,
    private readonly audience: ServiceName,
    keys = new ContextKeys(nats),
  ) {
    this.#keys = keys;
  }

  /** The caller of a statement seen before, without waiting; undefined when it must be verified first. */
  known(token: string): Caller | undefined {
    // Messages of one caller come in bursts: comparing with the last statement is cheaper than looking it up.
    if (token !== this.#lastToken) {
      this.#last = this.#verified.get(token);
      this.#lastToken = token;
    }
    return this.#last && this.#last.expiresAt > Date.now() ? this.#last.caller : undefined;
  }

  /**
   * The caller a statement speaks of.
   * @throws ServiceError `unauthenticated` for every statement that cannot be believed, `service-unavailable` when a key cannot be asked for.
   */
  async verify(token: string): Promise<Caller> {
    const { payload, protectedHeader } = await jwtVerify(token, this.#keyOf, {
      algorithms: ['EdDSA'],
      typ: contextType,
      audience: this.audience,
    }).catch((error: unknown) => {
      throw error instanceof jwtErrors.JOSEError ? refuse(error) : error;
    });
    const claims = ContextClaims.safeParse(payload);
    if (!claims.success) throw refuse(claims.error);
    const { iss, sub, tenant, session, permissions, iat, exp } = claims.data;
    // By the issuer's own clock, so that no difference between clocks matters.
    if (exp - iat > contextLifetimeSeconds) throw refuse('the statement is valid for too long');
    if (!protectedHeader.kid?.startsWith(`${iss}.`)) throw refuse('the issuer did not sign with a key of its own');
    // A service may speak for itself only.
    if (permissions.some((permission) => permission.startsWith('system:') && permission !== `system:${iss}`)) {
      throw refuse(`${iss} states a permission that is not its to give`);
    }
    const caller: Caller = Object.freeze({
      subject: sub,
      userId: sub.startsWith(userPrefix) ? sub.slice(userPrefix.length) : null,
      tenantId: tenant,
      session,
      permissions: Object.freeze(permissions),
    });
    this.#lastToken = '';
    this.#verified.set(token, { caller, expiresAt: exp * 1000 });
    return caller;
  }

  readonly #keyOf: JWTVerifyGetKey = async ({ kid }) => {
    // Whatever the sender wrote: JSON has more than texts.
    const key = typeof kid === 'string' ? await this.#keys.find(kid) : undefined;
    if (!key) throw refuse('unknown key id');
    return key;
  };
}
