import { randomBytes } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import {
  contextKeyBucket,
  contextLifetimeSeconds,
  contextType,
  type ContextClaims,
  type Issuer,
  type ServiceName,
} from '@tenantry/contracts';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { Log } from '../log.js';
import type { Nats } from '../nats/nats.js';

/** How long a published key is believed without being renewed; three renewals may fail before it lapses. */
const keyLifetimeMs = 180_000;
const renewEveryMs = 45_000;
const renewAgainMs = 1000;

/** A public key as it stands in the bucket. */
export interface PublishedKey {
  readonly jwk: JWK;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What an issuer states of a caller. */
export type Statement = Pick<ContextClaims, 'sub' | 'tenant' | 'session'> & {
  readonly audience: ServiceName;
  readonly permissions: readonly string[];
  /** Seconds since the epoch after which the statement must not hold, such as the end of the access token. */
  readonly notAfter?: number;
};

/**
 * Signs statements about callers, in a key pair made at the start and never stored: the public half stands in a NATS key-value
 * bucket under a name that only this issuer may write.
 */
export class ContextSigner {
  #renewal: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isRenewing = false;

  private constructor(
    private readonly nats: Nats,
    private readonly log: Log,
    private readonly issuer: Issuer,
    private readonly keyId: string,
    private readonly privateKey: CryptoKey,
    private readonly publicKey: JWK,
  ) {}

  /** Makes the key pair and publishes it; raises when the bucket cannot be written, for then nobody would believe this issuer. */
  static async start(nats: Nats, log: Log, issuer: Issuer): Promise<ContextSigner> {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const keyId = `${issuer}.${randomBytes(9).toString('hex')}`;
    const signer = new ContextSigner(nats, log, issuer, keyId, privateKey, await exportJWK(publicKey));
    await signer.#publish();
    nats.onReconnect(() => void signer.#renew());
    signer.#renewal = setInterval(() => void signer.#renew(), renewEveryMs);
    signer.#renewal.unref();
    return signer;
  }

  /** A signed context, valid for a minute at most. */
  sign(statement: Statement): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const expiry = Math.min(now + contextLifetimeSeconds, statement.notAfter ?? Number.POSITIVE_INFINITY);
    const { sub, tenant, session, permissions } = statement;
    return new SignJWT({ tenant, session, permissions: [...permissions] })
      .setProtectedHeader({ alg: 'EdDSA', typ: contextType, kid: this.keyId })
      .setIssuer(this.issuer)
      .setAudience(statement.audience)
      .setSubject(sub)
      .setIssuedAt(now)
      .setExpirationTime(expiry)
      .sign(this.privateKey);
  }

  stop(): void {
    clearInterval(this.#renewal);
    clearTimeout(this.#retry);
  }

  async #publish(): Promise<void> {
    // `create` is also right when the bucket exists; made anew each time, since a broker may come back with an empty disk.
    const bucket = await new Kvm(jetstream(this.nats.connection)).create(contextKeyBucket, {
      ttl: keyLifetimeMs,
      history: 1,
    });
    const key: PublishedKey = { jwk: this.publicKey, expiresAt: Date.now() + keyLifetimeMs };
    await bucket.put(this.keyId, JSON.stringify(key));
  }

  /** One at a time, and none while the broker is away: what would pile up for it then is said once when it is back. */
  async #renew(): Promise<void> {
    if (this.#isRenewing || !this.nats.isConnected) return;
    this.#isRenewing = true;
    try {
      await this.#publish();
    } catch (err) {
      // Said again when the broker is back; never, where the connection was closed on purpose.
      if (!this.nats.isConnected) return;
      this.log.warn({ err }, 'the public key for signed contexts could not be renewed; trying again');
      this.#retry = setTimeout(() => void this.#renew(), renewAgainMs).unref();
    } finally {
      this.#isRenewing = false;
    }
  }
}
