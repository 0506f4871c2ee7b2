import { currentRequest, isTraced, isTracing, spanAround } from '@tenantry/service-kit';

const longestText = 2000;
const firstWord = /^\s*(\w+)/;
const sqlState = /^[0-9A-Z]{5}$/;

/** The server's own word for what was wrong, where it said one; else the kind of error, of a connection that was lost. */
function failureOf(error: unknown): { 'error.type': string; 'db.response.status_code'?: string } {
  const { code, name } = error as Partial<Record<'code' | 'name', string>>;
  if (code && sqlState.test(code)) return { 'error.type': code, 'db.response.status_code': code };
  return { 'error.type': code ?? name ?? '_OTHER' };
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
