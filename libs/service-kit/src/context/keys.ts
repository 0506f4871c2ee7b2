import { headers as natsHeaders } from '@nats-io/transport-node';
import { ContextKey, contextKeyIdForm, contextKeySubject, type Issuer } from '@tenantry/contracts';
import { importJWK, type CryptoKey, type JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Nats } from '../nats/nats.js';
import { nobodyListens, Requests } from '../nats/requests.js';
import { ServiceError } from '../service-error.js';

/** How long a key is believed without being asked for again. */
const keptMs = 180_000;
/** How long an unknown key id is remembered as such, so that made-up ones cost one look-up, not one each. */
const unknownMs = 2000;
/** An instance that has just sent a statement answers in this time, or stands still. */
const answerMs = 2000;

/**
 * The public keys of issuers, each asked of the very instance that signs with it: over an inbox that nobody else can name, so that no
 * other's word is taken for the answer (docs/adr/0016).
 *
 * Invariants: of one id at most one look-up is under way; an id that is not of our form is never looked up.
 */
export class ContextKeys {
  readonly #keys: LRUCache<string, CryptoKey>;
  /** Apart from the keys, so that no number of made-up ids pushes a real one out. */
  readonly #unknown = new LRUCache<string, true>({ max: 1000, ttl: unknownMs });
  readonly #asked = new Map<string, Promise<CryptoKey | undefined>>();
  readonly #requests: Requests;

  constructor(
    private readonly nats: Nats,
    settings: { readonly keptMs: number } = { keptMs },
  ) {
    this.#keys = new LRUCache({ max: 1000, ttl: settings.keptMs });
    this.#requests = new Requests(nats);
  }

  /**
   * Undefined where there is no such key: its instance has gone, or never was.
   * @param keyId the sender's text
   * @throws ServiceError `service-unavailable` when it cannot be told whether there is.
   */
  async find(keyId: string): Promise<CryptoKey | undefined> {
    const known = this.#keys.get(keyId);
    if (known) return known;
    const issuer = contextKeyIdForm.exec(keyId)?.[1] as Issuer | undefined;
    if (!issuer || this.#unknown.has(keyId)) return undefined;
    const underWay = this.#asked.get(keyId);
    if (underWay) return underWay;
    const asked = this.#ask(issuer, keyId).finally(() => this.#asked.delete(keyId));
    this.#asked.set(keyId, asked);
    return asked;
  }

  async #ask(service: Issuer, keyId: string): Promise<CryptoKey | undefined> {
    try {
      if (!this.nats.isConnected) throw new Error('the message broker is away');
      const question = { subject: contextKeySubject(keyId), service };
      const reply = await this.#requests.request(question, '', natsHeaders(), performance.now() + answerMs);
      const jwk: JWK = ContextKey.parse(reply.json());
      const key = (await importJWK(jwk, 'EdDSA')) as CryptoKey;
      this.#keys.set(keyId, key);
      return key;
    } catch (cause) {
      if (cause instanceof ServiceError && cause.cause === nobodyListens) {
        this.#unknown.set(keyId, true);
        return undefined;
      }
      throw new ServiceError('service-unavailable', 'The caller cannot be verified at the moment.', { cause });
    }
  }
}
