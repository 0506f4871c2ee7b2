import { ScramClient, type ScramKeys } from '@tenantry/tenant-connection';
import type { ClientConfig } from 'pg';

/**
 * A connection that ends when an answer has not come in time. pg keeps it otherwise, and whoever is given it next waits behind a question that
 * nobody will answer: for a quarter of an hour where a host has gone without a word.
 */
export class EndingClient extends ScramClient {
  /** @param keys of the role, where it connects again and again. */
  constructor(config: ClientConfig = {}, keys: ScramKeys = { scramKeys: undefined }) {
    super(config, keys);
    const ask = this.query.bind(this) as (...given: unknown[]) => unknown;
    this.query = ((...given: unknown[]) => {
      const asked = ask(...given);
      if (asked instanceof Promise) asked.catch((failure: unknown) => this.#endAfter(failure));
      return asked;
    }) as typeof this.query;
  }

  #endAfter(failure: unknown): void {
    // With a question open, its end is no goodbye: the socket is closed.
    if (failure instanceof Error && failure.message === 'Query read timeout') void this.end().catch(() => undefined);
  }
}
