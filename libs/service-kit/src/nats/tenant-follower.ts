import { changesAtOnce, TenantLifecycle, tenantNotice, type TenantNotice } from '@tenantry/contracts';
import type { Log } from '../log.js';
import { ServiceError } from '../service-error.js';
import type { Messages } from './messages.js';
import type { Notices } from './notices.js';

/** Between two questions, at the most: a notice that was missed is made up for within this time and an answer's. */
const askEveryMs = 1000;

interface Follows {
  /** A tenant has changed. Told again and out of order: the greater generation is the newer one. */
  changed(notice: TenantNotice): void;
  /** Changes may have been missed: what was learnt before now is to be asked for again. */
  doubt(): void;
}

/**
 * Follows what becomes of tenants. Notices come at once and are as good as the connection; each second the registry is asked for what has
 * changed since, one question for all tenants.
 *
 * Invariant: `#seen` grows by answers only, which leave nothing out; a notice may be ahead of others that were lost.
 */
export class TenantFollower {
  #seen: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isAway = false;

  constructor(
    private readonly notices: Pick<Notices, 'hear'>,
    private readonly messages: Messages,
    private readonly log: Log,
    private readonly follows: Follows,
  ) {}

  start(): void {
    this.notices.hear(tenantNotice, (notice) => this.follows.changed(notice));
    this.#askIn(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #askIn(ms: number): void {
    this.#timer = setTimeout(() => void this.#ask(), ms).unref();
  }

  async #ask(): Promise<void> {
    let isBehind = false;
    try {
      isBehind = await this.#catchUp();
      this.#isAway = false;
    } catch (err) {
      if (!this.#isAway) this.#say(err);
      this.#isAway = true;
    }
    // Stopped meanwhile: not again.
    if (this.#timer) this.#askIn(isBehind ? 0 : askEveryMs * (0.8 + 0.2 * Math.random()));
  }

  /** All start together: until the registry has answered once, nobody answering means that it is not there yet. */
  #say(err: unknown): void {
    const isStarting = this.#seen === undefined && err instanceof ServiceError && err.code === 'service-unavailable';
    if (isStarting) this.log.info('waiting for the registry to say what becomes of tenants');
    else this.log.warn({ err }, 'the registry does not say which tenants have changed; asking on');
  }

  /** @returns whether there are more than one answer tells. While tenants change, one after the other, the next question has its time. */
  async #catchUp(): Promise<boolean> {
    const { changes, generation } = await this.messages.ask(
      TenantLifecycle.changes,
      this.#seen === undefined ? {} : { after: this.#seen },
    );
    if (this.#seen === undefined) this.follows.doubt();
    this.#seen = generation;
    for (const change of changes) this.follows.changed(change);
    return changes.length >= changesAtOnce;
  }
}
