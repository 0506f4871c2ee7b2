import { currentRequest, isTraced, isTracing, spanAround } from '@tenantry/service-kit';
import { codeOf } from './failures.js';

const longestText = 2000;
const firstWord = /^\s*(\w+)/;
/** Node's own codes may have five letters too (EPIPE); no class of PostgreSQL's begins with an E. */
const sqlState = /^(?!E)[0-9A-Z]{5}$/;

/** The server's own word for what was wrong, where it said one, be it the cause of an outage; else the kind of error. */
export function failureOf(error: unknown): { 'error.type': string; 'db.response.status_code'?: string } {
  const { name, cause } = error as Error;
  const state = [error, cause].map(codeOf).find((code) => code !== undefined && sqlState.test(code));
  return state === undefined
    ? { 'error.type': codeOf(error) ?? name }
    : { 'error.type': state, 'db.response.status_code': state };
}

/**
 * Runs a statement in a span of the request being worked on, where traces are made. The text goes along, its values never do (semantic
 * conventions for databases: `db.query.text` of parameterized queries).
 */
export function sqlSpan<Answer>(
  text: string,
  name: string | undefined,
  database: string | undefined,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const request = isTracing() ? currentRequest() : undefined;
  if (!request || !isTraced(request)) return run();
  const operation = firstWord.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
  const attributes = {
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    'db.query.text': text.slice(0, longestText),
    ...(database === undefined ? {} : { 'db.namespace': database }),
  };
  return spanAround(name ?? operation, 'client', request, run, attributes, failureOf);
}
