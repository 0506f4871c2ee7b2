import pg from 'pg';

/**
 * Ends the connection when an answer has not come in time. pg keeps it otherwise, and whoever is given it next waits behind a question that
 * nobody will answer: for a quarter of an hour where a host has gone without a word.
 */
export function endAfterTimeout(client: pg.Client): void {
  const ask = client.query.bind(client) as (...given: unknown[]) => unknown;
  const endAfter = (failure: unknown): void => {
    // With a question open, its end is no goodbye: the socket is closed.
    if (failure instanceof Error && failure.message === 'Query read timeout') void client.end().catch(() => undefined);
  };
  client.query = ((...given: unknown[]) => {
    const asked = ask(...given);
    if (asked instanceof Promise) asked.catch(endAfter);
    return asked;
  }) as typeof client.query;
}

/** A connection that ends when an answer has not come in time. */
export class EndingClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    endAfterTimeout(this);
  }
}
