import type pg from 'pg';
import { EndingClient } from './ending-client.js';

/** Texts that are prepared: each is a plan in every connection that has asked it. More than the service has. */
const most = 200;
/** The name of each, the same in all connections; none where it is not prepared any more. */
const names = new Map<string, string | undefined>();

/** What PostgreSQL says of a plan that does not fit the tables any more, or that it does not have (0A000, 26000). */
const isStale = (failure: unknown): boolean =>
  ['0A000', '26000'].includes(String((failure as { code?: unknown }).code));

function nameOf(text: unknown, values: unknown): string | undefined {
  if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) return undefined;
  if (!names.has(text) && names.size < most) names.set(text, `p${names.size}`);
  return names.get(text);
}

type Done = (failure: unknown, answer?: unknown) => void;

/**
 * A connection that has each statement with parameters read and planned once: TypeORM and the workflow engine send the same few texts, whose
 * reading and planning costs PostgreSQL more than doing them. Where a migration has changed a table under a plan, the statement is asked once more as it is
 * written; within a transaction, which has then failed, only the next time.
 */
export class PreparingClient extends EndingClient {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const ask = this.query.bind(this) as (...given: unknown[]) => unknown;
    const mayAskAgain = (text: unknown, failure: unknown): boolean => {
      if (!isStale(failure)) return false;
      names.set(text as string, undefined);
      return this.getTransactionStatus() === 'I';
    };
    this.query = ((text: unknown, values: unknown, done?: Done) => {
      const name = nameOf(text, values);
      if (name === undefined) return ask(text, values, done);
      const prepared = { name, text, values };
      if (done)
        return ask(prepared, (failure: unknown, answer: unknown) =>
          failure && mayAskAgain(text, failure) ? ask(text, values, done) : done(failure, answer),
        );
      return (ask(prepared) as Promise<unknown>).catch((failure: unknown) => {
        if (!mayAskAgain(text, failure)) throw failure;
        return ask(text, values);
      });
    }) as typeof this.query;
  }
}
