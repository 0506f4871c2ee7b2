import type { Clock, Connector } from './connector.js';
import { type Pool, Slot } from './pool.js';

/** What becomes of a place. The budget listens. */
interface Outcome<Connection> {
  opened(slot: Slot<Connection>, now: number): void;
  failed(pool: Pool<Connection>, failure: Error, now: number): void;
  freed(pool: Pool<Connection>, now: number): void;
}

/** First guess of a connect's time. */
const usualConnectMs = 5;
/** No two lives end together: multiples of the golden ratio spread them evenly over the last tenth. */
const goldenRatio = 0.618034;

/**
 * The places that connections take up on a server: from the first packet of a connect until the server has let go.
 *
 * Invariant: `held` is the sum of all pools' `held`; `opening` and `closing` count those of them on their way in and out. Each
 * `open` is followed by one of `opened` and `failed`, each `close` and each failure by one change of `held`.
 */
export class Places<Connection> {
  held = 0;
  opening = 0;
  closing = 0;
  /** How long a connect takes, lately. */
  connectMs = usualConnectMs;
  private opened = 0;
  private failures = 0;
  private whenNone: (() => void) | undefined;

  constructor(
    private readonly connector: Connector<Connection>,
    private readonly clock: Clock,
    private readonly lifetimeMs: number,
    private readonly outcome: Outcome<Connection>,
  ) {}

  open(pool: Pool<Connection>, now: number): void {
    const slot = new Slot(pool);
    slot.since = now;
    pool.opening = true;
    pool.held++;
    this.held++;
    this.opening++;
    this.connector.open(slot).then(
      (connection) => this.isOpen(slot, connection),
      (failure: Error) => this.hasFailed(pool, failure),
    );
  }

  close(slot: Slot<Connection>): void {
    const { pool } = slot;
    slot.state = 'closing';
    pool.closing++;
    this.closing++;
    void this.connector.close(slot.connection).then(() => {
      pool.closing--;
      this.closing--;
      this.free(pool);
      this.outcome.freed(pool, this.clock.now());
    });
  }

  /** Resolves when no place is held. */
  async none(): Promise<void> {
    if (this.held > 0) await new Promise<void>((resolve) => (this.whenNone = resolve));
  }

  snapshot() {
    const { held, opening, closing, connectMs, opened: connects, failures: connectFailures } = this;
    return { held, opening, closing, connectMs, connects, connectFailures };
  }

  private isOpen(slot: Slot<Connection>, connection: Connection): void {
    const { pool } = slot;
    const now = this.clock.now();
    this.opening--;
    this.opened++;
    pool.opening = false;
    pool.failures = 0;
    pool.openedAt = now;
    this.connectMs += (now - slot.since - this.connectMs) / 8;
    slot.connection = connection;
    slot.expiresAt = now + this.lifetimeMs * (0.9 + 0.1 * ((this.opened * goldenRatio) % 1));
    this.outcome.opened(slot, now);
  }

  private hasFailed(pool: Pool<Connection>, failure: Error): void {
    this.opening--;
    this.failures++;
    pool.opening = false;
    pool.failures++;
    pool.lastFailure = failure;
    this.free(pool);
    this.outcome.failed(pool, failure, this.clock.now());
  }

  private free(pool: Pool<Connection>): void {
    pool.held--;
    this.held--;
    if (pool.atRest) pool.rested();
    if (this.held === 0) this.whenNone?.();
  }
}
