import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Auth, type PublicKey } from '@tenantry/contracts';
import { LOG, type Log, Messages } from '@tenantry/service-kit';
import { lookUpMs } from '../call.js';

/** However many unknown key ids are sent to us, auth is asked no more often than this. */
const askEveryMs = 1000;
/** A key that was taken away is refused after this at the latest. */
const freshMs = 60_000;

/**
 * The public keys of access tokens. Learnt from auth when first needed; while auth is away those known serve on, so that valid tokens go
 * on being good.
 */
@Injectable()
export class Keys {
  private keys = new Map<string, KeyObject>();
  private document: readonly PublicKey[] = [];
  private removed: () => void = () => undefined;
  private askedAt = -Infinity;
  private learntAt = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(
    @Inject(Messages) private readonly messages: Messages,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** The key of this id, or undefined. The id is the sender's text: it is looked up, never fetched from anywhere it names. */
  async find(keyId: string): Promise<KeyObject | undefined> {
    const isStale = performance.now() - this.learntAt > freshMs;
    const known = this.keys.get(keyId);
    // A key that is known serves while it is asked for: auth may be slow, or away.
    if (known && isStale) void this.learn();
    if (!known) await this.learn();
    return known ?? this.keys.get(keyId);
  }

  /** The key set (RFC 7517, 5) as it is published, and its entity tag. */
  async published(): Promise<{ readonly keys: readonly PublicKey[]; readonly etag: string }> {
    if (performance.now() - this.learntAt > freshMs) await this.learn();
    return {
      keys: this.document,
      etag: `"${createHash('sha256').update(JSON.stringify(this.document)).digest('base64url')}"`,
    };
  }

  /** Calls the one `listener` when a key is taken away: what was checked with it is not good any more. */
  onRemoved(listener: () => void): void {
    this.removed = listener;
  }

  private async learn(): Promise<void> {
    if (!this.asking && performance.now() - this.askedAt < askEveryMs) return;
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    await this.asking;
  }

  private async ask(): Promise<void> {
    this.askedAt = performance.now();
    try {
      const { keys } = await this.messages.ask(Auth.jwks, {}, { withinMs: lookUpMs });
      const before = this.keys;
      this.keys = new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
      this.document = keys;
      this.learntAt = performance.now();
      if ([...before.keys()].some((kid) => !this.keys.has(kid))) this.removed();
    } catch (error) {
      // Nothing known yet: then nobody's token can be checked, and that is not the token's fault.
      if (this.keys.size === 0) throw error;
      this.log.warn({ err: error }, 'auth cannot be asked for its keys; those known serve on');
    }
  }
}
