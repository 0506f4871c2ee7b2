import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import {
  ContextClaims,
  contextKeyBucket,
  contextLifetimeSeconds,
  contextType,
  issuers,
  type ServiceName,
} from '@tenantry/contracts';
import { errors as jwtErrors, importJWK, jwtVerify, type CryptoKey, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Nats } from '../nats/nats.js';
import type { Caller } from '../request-context.js';
import { ServiceError } from '../service-error.js';
import type { PublishedKey } from './signer.js';

interface Verified {
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface KnownKey {
  readonly key: CryptoKey;
  readonly expiresAt: number;
}

const keyIdForm = new RegExp(`^(${issuers.join('|')})\\.[0-9a-f]{18}$`);
/** How long an unknown key id is remembered as such, so that made-up ones cost one look-up, not one each. */
const unknownKeyMs = 2000;
const userPrefix = 'user:';

const refuse = (cause: unknown): ServiceError =>
  new ServiceError('unauthenticated', 'The signed context is missing or not valid here.', { cause });

/**
 * Decides whom to believe. A statement is checked once and then known by its whole text until it expires; a key is read once from
 * the bucket and again when its own expiry comes.
 */
export class ContextVerifier {
  readonly #verified = new LRUCache<string, Verified>({ max: 20_000 });
  readonly #keys = new LRUCache<string, KnownKey>({ max: 1000 });
  /** Apart from the keys, so that no number of made-up ids pushes a real one out. */
  readonly #unknown = new LRUCache<string, true>({ max: 1000, ttl: unknownKeyMs });
  readonly #loading = new Map<string, Promise<CryptoKey | undefined>>();
  #bucket: Promise<KV> | undefined;
  #lastToken = '';
  #last: Verified | undefined;

  constructor(
    private readonly nats: Nats,
    private readonly audience: ServiceName,
  ) {}

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
   * @throws ServiceError `unauthenticated` for every statement that cannot be believed, `service-unavailable` when the keys cannot be read.
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
    // The form is checked before anything is looked up: the id is the sender's text.
    if (!kid || !keyIdForm.test(kid)) throw refuse('malformed key id');
    const known = this.#keys.get(kid);
    if (known && known.expiresAt > Date.now()) return known.key;
    const key = this.#unknown.has(kid) ? undefined : await this.#load(kid);
    if (!key) throw refuse('unknown key id');
    return key;
  };

  #load(keyId: string): Promise<CryptoKey | undefined> {
    const underWay = this.#loading.get(keyId);
    if (underWay) return underWay;
    const load = this.#read(keyId).finally(() => this.#loading.delete(keyId));
    this.#loading.set(keyId, load);
    return load;
  }

  async #read(keyId: string): Promise<CryptoKey | undefined> {
    try {
      this.#bucket ??= new Kvm(jetstream(this.nats.connection)).open(contextKeyBucket, {
        bindOnly: true,
        allow_direct: true,
      });
      const entry = await (await this.#bucket).get(keyId);
      const published = entry?.operation === 'PUT' ? entry.json<PublishedKey>() : undefined;
      if (!published || published.expiresAt <= Date.now()) {
        this.#unknown.set(keyId, true);
        return undefined;
      }
      const key = (await importJWK(published.jwk, 'EdDSA')) as CryptoKey;
      this.#keys.set(keyId, { key, expiresAt: published.expiresAt });
      return key;
    } catch (cause) {
      this.#bucket = undefined;
      throw new ServiceError('service-unavailable', 'The caller cannot be verified at the moment.', { cause });
    }
  }
}
