import { currentRequest, ServiceError } from '@tenantry/service-kit';

interface Limits {
  /** Pieces of work that run at once. */
  readonly atOnce: number;
  /** Pieces of work that wait beyond those. */
  readonly queue: number;
}

/**
 * Bounds work that costs CPU or memory, so that too much of it is refused at once instead of done too late.
 *
 * Invariants: at most `atOnce` run; nobody waits while a permit is free; first come, first served; a permit is given back when its
 * work ends and not before, whether or not anybody still wants the result.
 */
export class Permits {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly limits: Limits) {}

  /**
   * Runs `work` as soon as there is room.
   * @throws ServiceError `overloaded` when the queue is full, `deadline-exceeded` when the request's time ran out in it.
   */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#acquire();
    try {
      refuseIfLate();
      return await work();
    } finally {
      this.#release();
    }
  }

  async #acquire(): Promise<void> {
    if (this.#running < this.limits.atOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= this.limits.queue) {
      throw new ServiceError('overloaded', 'Too many passwords are being checked at the moment.');
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the permit to the next in line, so that a newcomer cannot slip in between. */
  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}

function refuseIfLate(): void {
  const request = currentRequest();
  if (request && request.deadlineAt <= performance.now()) {
    throw new ServiceError('deadline-exceeded', 'The time for this request is over.');
  }
}
