import { ServiceError, type Log } from '@tenantry/service-kit';
import type { OutboxSettings } from './settings.js';
import type { Place } from './store.js';
import { hintStreamOf, hintSubjectOf, type EventStreams } from './streams.js';

interface Standing {
  /** Transactions that rely on it and have not ended. */
  open: number;
  lastUsedAt: number;
  /** Its message in the stream of hints. */
  sequence: number | undefined;
  trustedUntil: number;
  /** The broker was away since it was stored, and may have come back without it. */
  isDoubted: boolean;
  raising: Promise<void> | undefined;
}

/** What a hint says. */
export interface Hint {
  readonly place: Place;
}

/**
 * The durable half of "this tenant has something to tell": a message in JetStream for each tenant that this process is writing for,
 * so that a process that dies between commit and publication leaves a trace that others find.
 *
 * Invariants:
 * - a transaction with events commits only while a hint stands that was stored at most `hintTrustMs` ago;
 * - a hint is removed only when no transaction relies on it and its outbox was seen empty by a visit that began after the last ended,
 *   or when a newer hint of the same tenant is stored.
 */
export class Hints {
  readonly #standing = new Map<Place, Standing>();

  constructor(
    private readonly relay: string,
    private readonly streams: EventStreams,
    private readonly isPending: (place: Place) => boolean,
    private readonly settings: OutboxSettings,
    private readonly log: Log,
  ) {}

  /** A transaction begins to rely on the hint. */
  begin(place: Place): void {
    const standing = this.#of(place);
    standing.open++;
    standing.lastUsedAt = performance.now();
  }

  /** It has ended; whoever says so has told the relay before. */
  end(place: Place): void {
    const standing = this.#of(place);
    standing.open--;
    standing.lastUsedAt = performance.now();
  }

  /**
   * Resolves at once while a hint stands that may be relied on, else when a new one is stored.
   * @throws ServiceError `service-unavailable` when it cannot be stored: the write would not be told if this process died.
   */
  async raise(place: Place): Promise<void> {
    const standing = this.#of(place);
    if (performance.now() < standing.trustedUntil) return;
    standing.raising ??= this.#store(place, standing).finally(() => (standing.raising = undefined));
    await standing.raising;
  }

  /** The broker was away, and may have come back without what it knew. */
  doubt(): void {
    for (const standing of this.#standing.values()) {
      standing.trustedUntil = 0;
      standing.isDoubted = true;
    }
    this.#renew();
  }

  /** Where something relies on a hint that is doubted; its stream may have to be made first, so that one try is not enough. */
  #renew(): void {
    for (const [place, { isDoubted, open }] of this.#standing)
      if (isDoubted && (open > 0 || this.isPending(place)))
        this.raise(place).catch((err: unknown) => this.#report(err));
  }

  /** Removes the hints that nothing relies on any more and that were last used before `now - lingerMs`. */
  async sweep(lingerMs = this.settings.hintLingerMs): Promise<void> {
    this.#renew();
    const now = performance.now();
    for (const [place, { open, raising, lastUsedAt, sequence }] of this.#standing) {
      if (open > 0 || raising || this.isPending(place) || now - lastUsedAt < lingerMs) continue;
      // Forgotten in the tick in which it was found idle: whoever writes next raises a new one.
      this.#standing.delete(place);
      if (sequence !== undefined) await this.#remove(place, sequence);
    }
  }

  #of(place: Place): Standing {
    let standing = this.#standing.get(place);
    if (!standing) {
      standing = {
        ...{ open: 0, lastUsedAt: 0, sequence: undefined, trustedUntil: 0 },
        ...{ isDoubted: false, raising: undefined },
      };
      this.#standing.set(place, standing);
    }
    return standing;
  }

  async #store(place: Place, standing: Standing): Promise<void> {
    // Counted from before it is sent: whoever finds it counts from when they see it, which is later.
    const sentAt = performance.now();
    try {
      if (!this.streams.isConnected) throw new Error('the message broker is away');
      const subject = hintSubjectOf(this.streams.service, this.relay);
      const hint: Hint = { place };
      const { seq } = await this.streams.publish(subject, JSON.stringify(hint), { ackMs: this.settings.ackMs });
      const before = standing.sequence;
      standing.sequence = seq;
      standing.isDoubted = false;
      standing.trustedUntil = sentAt + this.settings.hintTrustMs;
      if (before !== undefined && before !== seq) void this.#remove(place, before);
    } catch (cause) {
      throw new ServiceError(
        'service-unavailable',
        'What this changes could not be told to others; nothing was done.',
        {
          cause,
        },
      );
    }
  }

  /** Failing is harmless: a hint too many costs whoever finds it one visit. */
  async #remove(place: Place, sequence: number): Promise<void> {
    const { service } = this.streams;
    try {
      const { streams } = await this.streams.manager();
      // On a broker that has come back empty its number is another's.
      const found = await streams.getMessage(hintStreamOf(service), { seq: sequence });
      if (found?.subject !== hintSubjectOf(service, this.relay) || found.json<Hint>().place !== place) return;
      await streams.deleteMessage(hintStreamOf(service), sequence, false);
    } catch (err) {
      this.#report(err);
    }
  }

  #report(err: unknown): void {
    this.log.debug({ err }, 'a hint could not be written or removed');
  }
}
