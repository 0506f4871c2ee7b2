import type { DataSourceOptions } from 'typeorm';
import { EndingClient } from './ending-client.js';

const connectTimeoutMs = 3000;
const statementTimeoutMs = 5000;
/** A second more than the server gives itself: one that lives says itself that it was too slow. */
const answerTimeoutMs = 6000;
const keepAliveMs = 10_000;
/** Of a process that stands still, or whose host is gone, in the middle of a transaction: what it has locked keeps the others so long. */
const idleInTransactionMs = 10_000;

/** How the registry is connected to its database: whatever becomes of the way there, each statement ends. */
export const centralDatabase = (url: string, answersWithinMs = answerTimeoutMs) =>
  ({
    type: 'postgres',
    url,
    installExtensions: false,
    poolSize: 10,
    extra: {
      Client: EndingClient,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: statementTimeoutMs,
      query_timeout: answersWithinMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
    },
  }) satisfies DataSourceOptions;
