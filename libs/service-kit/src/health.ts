import { randomBytes } from 'node:crypto';
import type { Nats } from './nats/nats.js';

/** How long a service has to answer itself before it counts as deaf. */
const selfAnswerMs = 2000;

/**
 * Whether this process lives and whether it should get work.
 *
 * Alive: its own subscription answers a question sent through the broker. While the broker is away the process waits for it, which is
 * alive too: being restarted would not bring the broker back. A connection that has ended for good is not. Ready: started, connected, and not about to leave.
 */
export class Health {
  #ready = false;
  #subject = '';
  #nats: Nats | undefined;

  /** Starts answering itself; from then on liveness means that this works. */
  watch(nats: Nats, service: string): void {
    this.#subject = `_live.${service}.${randomBytes(6).toString('hex')}`;
    nats.connection.subscribe(this.#subject, { callback: (error, msg) => void (error ?? msg.respond()) });
    this.#nats = nats;
  }

  /** Whether work may be sent here. */
  set ready(ready: boolean) {
    this.#ready = ready;
  }

  get isReady(): boolean {
    return this.#ready && (this.#nats?.isConnected ?? false);
  }

  async isAlive(): Promise<boolean> {
    if (this.#nats?.isLost) return false;
    if (!this.#nats?.isConnected) return true;
    try {
      await this.#nats.connection.request(this.#subject, undefined, { timeout: selfAnswerMs });
      return true;
    } catch {
      // Losing the broker at this very moment is its failure, not ours.
      return !this.#nats.isConnected && !this.#nats.isLost;
    }
  }
}
