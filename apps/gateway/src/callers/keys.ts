import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Auth, type PublicKey } from '@tenantry/contracts';
import { LOG, type Log, Messages, ServiceError } from '@tenantry/service-kit';
import { lookUpMs } from '../call.js';

/** However many unknown key ids are sent to us, auth is asked no more often than this. */
const askEveryMs = 1000;
/** A key that was taken away is refused after this at the latest. */
const freshMs = 60_000;

/**
 * The public keys of access tokens. Asked of auth from the start on, until there are some; while auth is away those known serve on, so that
 * valid tokens go on being good.
 */
@Injectable()
export class Keys implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Resolves when there are keys. Until then nobody's token can be checked. */
  readonly loaded: Promise<void>;

  private keys = new Map<string, KeyObject>();
  private document: readonly PublicKey[] = [];
  private removed: () => void = () => undefined;
  private askedAt = -Infinity;
  private learntAt = -Infinity;
  private asking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;
  private markLoaded!: () => void;

  constructor(
    @Inject(Messages) private readonly messages: Messages,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.loaded = new Promise((resolve) => (this.markLoaded = resolve));
  }

  onApplicationBootstrap(): void {
    void this.load();
  }

  onApplicationShutdown(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  /**
   * The key of this id, or undefined. The id is the sender's text: it is looked up, never fetched from anywhere it names.
   * @throws ServiceError `service-unavailable` while no key is known at all: that says nothing of the token.
   */
  async find(keyId: string): Promise<KeyObject | undefined> {
    const known = this.keys.get(keyId);
    if (known) {
      // It serves while it is asked for: auth may be slow, or away.
      if (this.isStale) void this.learn();
      return known;
    }
    await this.learn();
    if (this.keys.size === 0) throw notYet();
    return this.keys.get(keyId);
  }

  /**
   * The key set (RFC 7517, 5) as it is published, and its entity tag.
   * @throws ServiceError `service-unavailable` while no key is known: an empty set would be kept by who reads it.
   */
  async published(): Promise<{ readonly keys: readonly PublicKey[]; readonly etag: string }> {
    if (this.isStale) await this.learn();
    if (this.keys.size === 0) throw notYet();
    return {
      keys: this.document,
      etag: `"${createHash('sha256').update(JSON.stringify(this.document)).digest('base64url')}"`,
    };
  }

  /** Calls the one `listener` when a key is taken away: what was checked with it is not good any more. */
  onRemoved(listener: () => void): void {
    this.removed = listener;
  }

  private get isStale(): boolean {
    return performance.now() - this.learntAt > freshMs;
  }

  private async load(): Promise<void> {
    await this.learn();
    if (this.keys.size > 0) this.markLoaded();
    else if (!this.isOver) this.timer = setTimeout(() => void this.load(), askEveryMs).unref();
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
    } catch (err) {
      this.log.warn({ err }, 'auth cannot be asked for its keys; those known serve on');
    }
  }
}

const notYet = (): ServiceError => new ServiceError('service-unavailable', 'Tokens cannot be checked yet.');
