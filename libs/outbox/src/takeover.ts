import type { StoredMsg } from '@nats-io/jetstream';
import type { Log } from '@tenantry/service-kit';
import type { Hint } from './hints.js';
import type { OutboxSettings } from './settings.js';
import type { Place } from './store.js';
import { hintStreamOf, hintSubjectOf, type EventStreams } from './streams.js';

/** How long an instance has to say that it lives. */
const answerMs = 1000;

interface Orphan {
  readonly place: Place;
  readonly seenAt: number;
  /** When the last visit that found its outbox empty began. */
  emptyAt: number | undefined;
}

/**
 * Finds the hints of instances that live no more, and has their tenants visited.
 *
 * Invariant: a hint of another instance is removed only when its outbox was found empty by a visit that began `hintSettleMs` after the
 * hint was seen, for until then a transaction may be committed under it: an instance that does not answer may only be cut off.
 */
export class Takeover {
  readonly #orphans = new Map<number, Orphan>();

  constructor(
    private readonly relay: string,
    private readonly streams: EventStreams,
    private readonly say: (place: Place) => void,
    private readonly settings: OutboxSettings,
    private readonly log: Log,
  ) {
    // No answer in time, or nobody there: either way what it left is looked after.
    streams.connection.subscribe(this.#aliveSubject(relay), {
      callback: (error, msg) => void (error ?? msg.respond()),
    });
  }

  /** One look. Costs one request while every instance lives and one more for each other instance. */
  async sweep(): Promise<void> {
    try {
      for (const relay of await this.#relaysWithHints()) {
        if (relay !== this.relay && !(await this.#isAlive(relay))) await this.#adopt(relay);
      }
      await this.#settle();
    } catch (err) {
      this.log.debug({ err }, 'hints could not be read; trying again');
    }
  }

  /** An outbox was seen empty by a visit that began then. */
  empty(place: Place, visitedAt: number): void {
    for (const orphan of this.#orphans.values()) if (orphan.place === place) orphan.emptyAt = visitedAt;
  }

  async #relaysWithHints(): Promise<string[]> {
    const { service } = this.streams;
    const manager = await this.streams.manager();
    const { state } = await manager.streams.info(hintStreamOf(service), {
      subjects_filter: hintSubjectOf(service, '*'),
    });
    return Object.keys(state.subjects ?? {}).map((subject) => subject.split('.').at(-1) ?? '');
  }

  async #isAlive(relay: string): Promise<boolean> {
    try {
      await this.streams.connection.request(this.#aliveSubject(relay), undefined, { timeout: answerMs });
      return true;
    } catch {
      return false;
    }
  }

  async #adopt(relay: string): Promise<void> {
    const { service } = this.streams;
    const manager = await this.streams.manager();
    for (let sequence = 1; ;) {
      const query = { seq: sequence, next_by_subj: hintSubjectOf(service, relay) };
      const message = await manager.streams.getMessage(hintStreamOf(service), query);
      if (!message) return;
      this.#see(message);
      sequence = message.seq + 1;
    }
  }

  #see(message: StoredMsg): void {
    if (this.#orphans.has(message.seq)) return;
    const { place } = message.json<Hint>();
    this.#orphans.set(message.seq, { place, seenAt: performance.now(), emptyAt: undefined });
    this.log.info({ place }, 'taking over what another instance left untold');
    this.say(place);
  }

  async #settle(): Promise<void> {
    const manager = await this.streams.manager();
    for (const [sequence, { place, seenAt, emptyAt }] of this.#orphans) {
      const settledAt = seenAt + this.settings.hintSettleMs;
      if (performance.now() < settledAt) continue;
      if (emptyAt === undefined || emptyAt < settledAt) this.say(place);
      else {
        this.#orphans.delete(sequence);
        // Another instance may have been first.
        await manager.streams.deleteMessage(hintStreamOf(this.streams.service), sequence, false).catch(() => undefined);
      }
    }
  }

  #aliveSubject(relay: string): string {
    return `_live.${this.streams.service}.outbox.${relay}`;
  }
}
