import type { OutboxRow } from './rows.js';
import type { OutboxSettings } from './settings.js';
import type { Place } from './store.js';

interface Passed {
  /** What is left of the events up to here could not be told. */
  upTo: bigint;
  /** Where the look back at them that is under way has come to; undefined between two. */
  backAt: bigint | undefined;
  /** The look back under way has found some that still cannot be told. */
  stillStuck: boolean;
  looksBack: boolean;
  failures: number;
  dueAt: number;
}

/**
 * Which events of each outbox were passed over, since they could not be told: a number for each, however many there are.
 *
 * Invariant: what was passed over is tried again, oldest first, when its time has come, and visits that look back take turns with those that look
 * ahead. A visit begins after a position, and takes nothing of an aggregate that has something left up to there.
 */
export class PassedOver {
  readonly #places = new Map<Place, Passed>();

  constructor(private readonly settings: OutboxSettings) {}

  /** After which position the next visit begins. */
  begin(place: Place): bigint {
    const passed = this.#places.get(place);
    if (!passed) return 0n;
    passed.looksBack = !passed.looksBack && performance.now() >= passed.dueAt;
    return passed.looksBack ? (passed.backAt ?? 0n) : passed.upTo;
  }

  /** The visit took these, and could tell all of them. */
  told(place: Place, rows: readonly OutboxRow[]): void {
    const passed = this.#places.get(place);
    if (passed?.looksBack) this.#lookedBack(place, passed, rows);
  }

  /** The visit took these, and could not tell all of them. */
  stuck(place: Place, rows: readonly OutboxRow[]): void {
    const last = lastOf(rows);
    const passed = this.#places.get(place);
    if (passed?.looksBack) {
      passed.stillStuck = true;
      this.#lookedBack(place, passed, rows);
    } else if (passed) passed.upTo = last;
    else {
      const first = { upTo: last, backAt: undefined, stillStuck: false, looksBack: false, failures: 0, dueAt: 0 };
      this.#places.set(place, first);
      this.#wait(first);
    }
  }

  /** How long until those of this place are tried again; undefined where none were passed over. */
  dueInMs(place: Place): number | undefined {
    const passed = this.#places.get(place);
    return passed && Math.max(0, passed.dueAt - performance.now());
  }

  /** All are tried again at the next visit: what was in the way may be gone. */
  hurry(): void {
    for (const passed of this.#places.values()) passed.dueAt = 0;
  }

  forget(place: Place): void {
    this.#places.delete(place);
  }

  #lookedBack(place: Place, passed: Passed, rows: readonly OutboxRow[]): void {
    const last = lastOf(rows);
    if (rows.length === this.settings.batch && last < passed.upTo) {
      passed.backAt = last;
      return;
    }
    if (!passed.stillStuck) {
      this.#places.delete(place);
      return;
    }
    if (last > passed.upTo) passed.upTo = last;
    this.#wait(Object.assign(passed, { backAt: undefined, stillStuck: false }));
  }

  #wait(passed: Passed): void {
    const { firstBackoffMs, maxBackoffMs } = this.settings;
    const waitMs = Math.min(firstBackoffMs * 2 ** passed.failures++, maxBackoffMs) * (0.5 + Math.random() / 2);
    passed.dueAt = performance.now() + waitMs;
  }
}

const lastOf = (rows: readonly OutboxRow[]): bigint => BigInt(rows.at(-1)?.position ?? 0);
