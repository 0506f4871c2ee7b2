import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, LOG, type Log } from '@tenantry/service-kit';
import type { AuthConfig } from '../config.js';
import { SigningKeys } from './signing-keys.js';

/** How soon a key that another instance or an operator has announced is published by this one. */
const lookEveryMs = 5000;
const daySeconds = 86_400;

/** Announces a new signing key when the present one is old enough, and follows what other instances and operators announce. */
@Injectable()
export class KeyRotation implements OnApplicationBootstrap, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly keys: SigningKeys,
    @Inject(CONFIG) private readonly config: Pick<AuthConfig, 'SIGNING_KEY_DAYS'>,
    @Inject(LOG) private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  private async look(): Promise<void> {
    try {
      await this.keys.rotate(this.config.SIGNING_KEY_DAYS * daySeconds);
    } catch (err) {
      this.log.warn({ err }, 'signing keys cannot be read; those known sign on');
    }
  }
}
