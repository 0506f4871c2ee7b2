import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { Permits } from './permits.js';
import { lowerPool } from './pool-priority.js';

/** OWASP Password Storage Cheat Sheet, argon2id: KiB, passes, lanes. argon2id is the package's default algorithm. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes run on libuv's four threads; one of them stays free for name look-ups, which connecting to a database may need. */
const atOnce = Math.min(availableParallelism(), 3);

/** Forty hashes in a row take up to a second: a fifth of the time that a request has. */
const queue = 40 * atOnce;

const base64 = (bytes: number): string => randomBytes(bytes).toString('base64').replaceAll('=', '');

/** The hash of no password at all, which costs to refuse what a real one costs: same parameters, same sizes. */
const decoy = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$${base64(16)}$${base64(32)}`;

/**
 * Turns passwords into argon2id hashes and checks them, at most as many at once as there are cores.
 * Passwords are brought to NFKC here as well as by the contract: at login they arrive as typed.
 */
@Injectable()
export class Passwords {
  readonly #permits = new Permits({ atOnce, queue });
  #isPoolLowered = false;

  /** @throws ServiceError `overloaded` */
  hash(password: string): Promise<string> {
    return this.#run(() => hash(password.normalize('NFKC'), cost));
  }

  /**
   * Whether `password` is the one that was hashed. Takes as long where there is no hash, and is then false.
   * @throws ServiceError `overloaded`
   */
  verify(stored: string | undefined, password: string): Promise<boolean> {
    return this.#run(() => verify(stored ?? decoy, password.normalize('NFKC')));
  }

  /** Whether a hash costs less to guess against than those made today. */
  isWeak(stored: string): boolean {
    const [, memory = 0, passes = 0] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(stored) ?? [];
    return Number(memory) < cost.memoryCost || Number(passes) < cost.timeCost;
  }

  #run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#permits.run(() => {
      const working = work();
      // Begun work has started the threads.
      this.#isPoolLowered ||= lowerPool() > 0;
      return working;
    });
  }
}
