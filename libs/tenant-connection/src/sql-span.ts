import { currentRequest, isTraced, isTracing, spanAround } from '@tenantry/service-kit';

const longestText = 2000;
const firstWord = /^\s*(\w+)/;

/**
 * Runs a statement in a span of the request being worked on, where traces are made. The text goes along, its values never do (semantic
 * conventions for databases: `db.query.text` of parameterized queries).
 */
export function sqlSpan<Answer>(text: string, name: string | undefined, run: () => Promise<Answer>): Promise<Answer> {
  const request = isTracing() ? currentRequest() : undefined;
  if (!request || !isTraced(request)) return run();
  const operation = firstWord.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
  return spanAround(name ?? operation, 'client', request, run, {
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    'db.query.text': text.slice(0, longestText),
  });
}
