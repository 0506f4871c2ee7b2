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

/** What no schema tells of the stack that is asked. */
export interface Known {
  /** Ids of things that are there, by the operation that is to get them, or else by the path of their collection. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  /** Ids that any operation may get. */
  readonly anyIds: readonly string[];
  /** What headers and parameters of these names say where they fit. */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  /** Bodies that fit, by operation. */
  readonly bodies: Readonly<Record<string, readonly unknown[]>>;
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

interface Place {
  readonly method: string;
  readonly template: string;
  readonly operation: Operation;
  readonly all: Schema;
}

function idsOf({ template, operation }: Place, { ids, anyIds }: Known): fc.Arbitrary<unknown> {
  const own = ids[operation.operationId] ?? ids[template.slice(0, template.indexOf('/{'))] ?? [];
  return fc.oneof(
    ...(own.length > 0 ? [{ weight: 4, arbitrary: fc.constantFrom(...own) }] : []),
    ...(anyIds.length > 0 ? [{ weight: 2, arbitrary: fc.constantFrom(...anyIds) }] : []),
    { weight: 2, arbitrary: fc.uuid() },
  );
}

/** @param isSpoiled whether some are to be bad. */
function requestsOf(place: Place, known: Known, isSpoiled: boolean) {
  const { method, template, operation, all } = place;
  const { parameters = [], requestBody, operationId } = operation;
  const ids = idsOf(place, known);
  const valueOf = ({ name, schema }: Parameter): fc.Arbitrary<unknown> => {
    const fitting = known.parameters[name];
    const good = valuesOf(schema, all, ids);
    if (!isSpoiled) return fitting ? fc.constantFrom(...fitting) : good;
    return oftenGood(fitting ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...fitting) }, good) : good);
  };
  const given = (where: Parameter['in']): fc.Arbitrary<Record<string, unknown>> => {
    // Where a list goes on only the list itself can say.
    const found = parameters.filter((one) => one.in === where && (isSpoiled || one.name !== 'cursor'));
    const requiredKeys = found.filter(({ required }) => where === 'path' || (required && !isSpoiled));
    return fc.record(Object.fromEntries(found.map((one) => [one.name, valueOf(one)])), {
      requiredKeys: requiredKeys.map(({ name }) => name),
    });
  };
  const schema = requestBody?.content['application/json']?.schema;
  const fitting = known.bodies[operationId];
  const allowed = schema ? valuesOf(schema, all, ids) : fc.constant(undefined);
  const fits = fitting && fc.constantFrom(...fitting);
  const good = fits ? (isSpoiled ? fc.oneof(fits, allowed) : fits) : allowed;
  const text = good.map((value) => JSON.stringify(value));
  const bodies = isSpoiled
    ? fc.oneof(
        { weight: 5, arbitrary: text },
        { weight: 4, arbitrary: spoiled(good).map((value) => JSON.stringify(value)) },
        { weight: 1, arbitrary: hostile.map((value) => JSON.stringify(value)) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
      )
    : text;
  return fc
    .record({
      path: given('path'),
      query: given('query'),
      header: given('header'),
      body: schema ? bodies : fc.constant(undefined),
      more: isSpoiled ? rarely('&limit=1&limit=2&unknown=%zz') : fc.constant(''),
      type: fc.oneof(
        { weight: 20, arbitrary: fc.constant('application/json') },
        ...(isSpoiled ? [{ weight: 1, arbitrary: fc.constantFrom('text/plain', '') }] : []),
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

const placesIn = (documents: readonly Document[], skip: readonly string[]): Place[] =>
  documents.flatMap((document) =>
    Object.entries(document.paths).flatMap(([template, item]) =>
      Object.entries(item)
        .filter(([, { operationId }]) => !skip.includes(operationId))
        .map(([method, operation]) => ({ method, template, operation, all: document as Schema })),
    ),
  );

interface Terms {
  readonly known: Known;
  /** Operations that are left alone. */
  readonly skip: readonly string[];
}

/** Requests to every operation of these documents, good ones and bad. */
export const fuzzRequests = (documents: readonly Document[], { known, skip }: Terms): fc.Arbitrary<FuzzRequest> =>
  fc.oneof(...placesIn(documents, skip).map((place) => requestsOf(place, known, true)));

/** Requests that are as the documents want them, one operation after the other. */
export const goodRequests = (documents: readonly Document[], { known, skip }: Terms): fc.Arbitrary<FuzzRequest>[] =>
  placesIn(documents, skip).map((place) => requestsOf(place, known, false));
