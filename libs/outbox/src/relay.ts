import { ServiceError, type Log } from '@tenantry/service-kit';
import type { OutboxSettings } from './settings.js';
import type { Place } from './store.js';
import { EventsStuck, type Visit } from './teller.js';
import { isBehind } from './waiting-events.js';

interface Turn {
  timer: NodeJS.Timeout | undefined;
  /** Something was said since the visit under way began. */
  again: boolean;
  /** It waits for events that cannot be told, which keeps nothing else waiting. */
  isStuck: boolean;
  failures: number;
}

interface RelayOptions {
  readonly visit: (place: Place) => Promise<Visit>;
  /** Called when an outbox was seen empty, with when that visit began, or when its tenant is gone. */
  readonly onEmpty: (place: Place, visitedAt: number) => void;
  readonly settings: OutboxSettings;
  readonly log: Log;
}

/**
 * Decides when which outbox is visited.
 *
 * Invariants: a place is visited only after something was said of it, one visit at a time, and again until a visit that began after
 * the last word has found it empty; at most `visitsAtOnce` visits are under way.
 */
export class Relay {
  readonly #turns = new Map<Place, Turn>();
  readonly #due: Place[] = [];
  readonly #underWay = new Set<Place>();
  #whenIdle: (() => void) | undefined;
  #closed = false;

  constructor(private readonly options: RelayOptions) {}

  /** Something may wait at this place. Returns at once. */
  say(place: Place): void {
    const turn = this.#turns.get(place);
    const { coalesceMs } = this.options.settings;
    if (!turn) this.#wait(place, { timer: undefined, again: false, isStuck: false, failures: 0 }, coalesceMs);
    else if (turn.isStuck && turn.timer !== undefined) {
      turn.isStuck = false;
      clearTimeout(turn.timer);
      this.#wait(place, turn, coalesceMs);
    } else turn.again = true;
  }

  /** Places of which something was said that is not told yet. */
  get pending(): readonly Place[] {
    return [...this.#turns.keys()];
  }

  isPending(place: Place): boolean {
    return this.#turns.has(place);
  }

  /** What waits for its next attempt is tried now, and then soon: what was in its way may take a moment to be all back. */
  hurry(): void {
    for (const [place, turn] of this.#turns) {
      turn.failures = 0;
      if (turn.timer === undefined) continue;
      clearTimeout(turn.timer);
      this.#ready(place, turn);
    }
  }

  /** Tells what is left, within `leaveMs`; what then still waits stays where it is, for others. */
  async close(): Promise<void> {
    this.hurry();
    const idle = new Promise<void>((resolve) => (this.#whenIdle = resolve));
    this.#checkIdle();
    await Promise.race([idle, new Promise((resolve) => setTimeout(resolve, this.options.settings.leaveMs).unref())]);
    this.#closed = true;
    for (const { timer } of this.#turns.values()) clearTimeout(timer);
  }

  #wait(place: Place, turn: Turn, ms: number): void {
    this.#turns.set(place, turn);
    if (this.#closed) return;
    turn.timer = setTimeout(() => this.#ready(place, turn), ms).unref();
  }

  #ready(place: Place, turn: Turn): void {
    turn.timer = undefined;
    this.#due.push(place);
    this.#next();
  }

  #next(): void {
    while (!this.#closed && this.#underWay.size < this.options.settings.visitsAtOnce) {
      const place = this.#due.shift();
      if (place === undefined) return;
      void this.#visit(place, this.#turns.get(place)!);
    }
  }

  async #visit(place: Place, turn: Turn): Promise<void> {
    const visitedAt = performance.now();
    this.#underWay.add(place);
    turn.again = false;
    turn.isStuck = false;
    const waitMs = await this.options.visit(place).then(
      (visit) => this.#afterVisit(visit, turn),
      (error: unknown) => this.#afterFailure(error, place, turn),
    );
    this.#underWay.delete(place);
    if (waitMs === undefined) {
      this.#turns.delete(place);
      this.options.onEmpty(place, visitedAt);
      this.#checkIdle();
    } else this.#wait(place, turn, waitMs);
    this.#next();
  }

  #afterVisit(visit: Visit, turn: Turn): number | undefined {
    const { coalesceMs, lockedRetryMs } = this.options.settings;
    turn.failures = 0;
    if (visit === 'empty') return turn.again ? coalesceMs : undefined;
    if (typeof visit === 'object') {
      turn.isStuck = !turn.again;
      return turn.again ? Math.min(coalesceMs, visit.stuckForMs) : visit.stuckForMs;
    }
    return visit === 'more' ? 0 : lockedRetryMs;
  }

  #afterFailure(error: unknown, place: Place, turn: Turn): number | undefined {
    // Undone, archived or purged: there is nobody to tell of.
    if (error instanceof ServiceError && error.code === 'tenant-not-found') return undefined;
    if (error instanceof EventsStuck) {
      turn.failures = 0;
      this.options.log.warn({ err: error, place }, 'events cannot be told: they are passed over and tried again');
      return 0;
    }
    const { firstBackoffMs, maxBackoffMs } = this.options.settings;
    const waitMs = Math.min(firstBackoffMs * 2 ** turn.failures++, maxBackoffMs) * (0.5 + Math.random() / 2);
    const fields = { err: error, place, failures: turn.failures };
    // Of many tenants for as long as their migration takes, which whoever refuses them says.
    if (isBehind(error)) this.options.log.debug(fields, 'events wait until their tenant is migrated');
    else this.options.log.warn(fields, 'events wait: they cannot be told at the moment');
    return waitMs;
  }

  #checkIdle(): void {
    if (this.#turns.size === 0) this.#whenIdle?.();
  }
}
