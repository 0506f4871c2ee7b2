import { randomBytes } from 'node:crypto';
import {
  ContextKey,
  contextKeySubject,
  contextLifetimeSeconds,
  contextType,
  noticeLifetimeSeconds,
  noticeType,
  type ContextClaims,
  type Issuer,
  type ServiceName,
} from '@tenantry/contracts';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import type { Log } from '../log.js';
import type { Nats } from '../nats/nats.js';

/** What an issuer states of a caller. */
export type Statement = Pick<ContextClaims, 'sub' | 'tenant' | 'session'> & {
  readonly audience: ServiceName;
  readonly permissions: readonly string[];
  /** Seconds since the epoch after which the statement must not hold, such as the end of the access token. */
  readonly notAfter?: number;
};

/**
 * Signs statements about callers, in a key pair made at the start and never stored: who wants the public half asks this instance, under a
 * subject that NATS lets only this issuer hear.
 *
 * Invariant: nothing is signed before the key can be asked for. What a statement travels with leaves over the same connection, after the
 * subscription: whoever has received it reaches its signer, also after the broker was away.
 */
export class ContextSigner {
  private constructor(
    private readonly issuer: Issuer,
    private readonly keyId: string,
    private readonly privateKey: CryptoKey,
  ) {}

  /** Makes the key pair and answers for it; raises where NATS does not allow that, for then nobody would believe this issuer. */
  static async start(nats: Nats, log: Log, issuer: Issuer): Promise<ContextSigner> {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const keyId = `${issuer}.${randomBytes(9).toString('hex')}`;
    await answerForKey(nats, log, keyId, ContextKey.parse(await exportJWK(publicKey)));
    return new ContextSigner(issuer, keyId, privateKey);
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

  /** A notice of this issuer, for who hears `subject`; believed for a minute. */
  signNotice(subject: string, notice: unknown): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ notice })
      .setProtectedHeader({ alg: 'EdDSA', typ: noticeType, kid: this.keyId })
      .setIssuer(this.issuer)
      .setAudience(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + noticeLifetimeSeconds)
      .sign(this.privateKey);
  }
}

/** Until the connection closes; the client library subscribes again before it sends anything over a new one. */
async function answerForKey(nats: Nats, log: Log, keyId: string, key: ContextKey): Promise<void> {
  const answer = JSON.stringify(key);
  let refusal: unknown;
  nats.connection.subscribe(contextKeySubject(keyId), {
    callback: (error, msg) => {
      refusal = error;
      if (error) log.error({ err: error }, 'the public key for signed contexts cannot be asked for');
      else msg.respond(answer);
    },
  });
  // The broker says what it refuses before it answers this.
  await nats.flush();
  if (refusal) throw new Error('NATS does not let this issuer answer for its key', { cause: refusal });
}
