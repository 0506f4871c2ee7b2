import fc from 'fast-check';
import { hostile, type Schema, spoiled, valuesOf } from './values.js';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** One request, as it is sent. */
export interface FuzzRequest {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const encode = (value: unknown): string => encodeURIComponent(asText(value).toWellFormed());
/** What Node would send as a header at all. */
const headerText = (value: unknown): string =>
  asText(value)
    .replaceAll(/[^\x20-\x7e]/g, '')
    .slice(0, 2000)
    .trim();

const oftenGood = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: hostile });

const rarely = (text: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 30, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constant(text) });

function requestsOf(method: string, template: string, operation: Operation, all: Schema, ids: fc.Arbitrary<unknown>) {
  const { parameters = [], requestBody, operationId } = operation;
  const given = (place: Parameter['in']): fc.Arbitrary<Record<string, unknown>> => {
    const found = parameters.filter((one) => one.in === place);
    const values = found.map(({ name, schema }) => [name, oftenGood(valuesOf(schema, all, ids))] as const);
    const requiredKeys = place === 'path' ? found.map(({ name }) => name) : [];
    return fc.record(Object.fromEntries(values), { requiredKeys });
  };
  const schema = requestBody?.content['application/json']?.schema;
  const good = schema ? valuesOf(schema, all, ids) : fc.constant(undefined);
  const bodies = fc.oneof(
    { weight: 5, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 4, arbitrary: spoiled(good).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: hostile.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  );
  return fc
    .record({
      path: given('path'),
      query: given('query'),
      header: given('header'),
      body: schema ? bodies : fc.constant(undefined),
      more: rarely('&limit=1&limit=2&unknown=%zz'),
      type: fc.oneof(
        { weight: 20, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: fc.constantFrom('text/plain', '') },
      ),
    })
    .map(({ path, query, header, body, more, type }): FuzzRequest => {
      const target = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encode(path[name]));
      const search = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`);
      const headers = Object.fromEntries(Object.entries(header).map(([name, value]) => [name, headerText(value)]));
      return {
        operationId,
        method: method.toUpperCase(),
        path: `${target}${search.length > 0 || more ? `?${search.join('&')}${more}` : ''}`,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': type }) },
        body,
      };
    });
}

/** Requests to every operation of these documents, good ones and bad. `ids` are of things that are there. */
export function fuzzRequests(
  documents: readonly Document[],
  { known, skip }: { readonly known: readonly string[]; readonly skip: readonly string[] },
): fc.Arbitrary<FuzzRequest> {
  const ids = fc.oneof(fc.constantFrom(...known), fc.uuid());
  const all = documents.flatMap((document) =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, { operationId }]) => !skip.includes(operationId))
        .map(([method, operation]) => requestsOf(method, path, operation, document as Schema, ids)),
    ),
  );
  return fc.oneof(...all);
}
