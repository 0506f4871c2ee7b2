import { describe, expect, it } from '@jest/globals';
import { ErrorCatalogue, type ErrorCode } from '@tenantry/contracts';
import { Conformance } from '@tenantry/testing';
import { controllers } from '../app.module.js';
import { type Audience, openApiDocument } from './openapi.js';
import { allRoutes } from './routes.js';

interface Media {
  readonly schema: unknown;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { $ref: string }>>;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { in: string; required?: boolean; schema: { examples?: unknown } }[];
  readonly 'x-permission': string;
  readonly requestBody?: { content: Record<string, Media> };
  readonly responses: Record<string, { description: string; content?: Record<string, Media> }>;
}

const routes = allRoutes(controllers);
const documentOf = (audience: Audience) =>
  openApiDocument(routes, audience, '1.0.0') as {
    tags: { name: string }[];
    paths: Record<string, Record<string, Operation>>;
  };
const documents = [documentOf('tenants'), documentOf('platform')];
const conformance = await Conformance.of(documents);

const operations = documents.flatMap(({ paths }, document) =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ document, path, method, operation })),
  ),
);

const { examples: shared } = (
  documents[0] as unknown as { components: { examples: Record<string, { value: unknown }> } }
).components;

const pointerTo = (...steps: string[]): string =>
  `/${steps.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

describe('the documents', () => {
  it('have every route once, the platform its own and no other', () => {
    expect(operations.map(({ operation }) => operation.operationId).toSorted()).toEqual(
      routes.map(({ name }) => name).toSorted(),
    );
    const platform = Object.keys(documents[1]!.paths);
    expect(platform.filter((path) => !path.startsWith('/v1/admin/'))).toEqual([]);
    expect(Object.keys(documents[0]!.paths).filter((path) => path.startsWith('/v1/admin/'))).toEqual([]);
  });

  it('say of each route what its caller must be allowed to do', () => {
    const needs = Object.fromEntries(routes.map(({ name, terms }) => [name, terms.message?.needs ?? 'public']));
    expect(Object.fromEntries(operations.map(({ operation: o }) => [o.operationId, o['x-permission']]))).toEqual(needs);
  });

  it('name for each status only codes that have it', () => {
    for (const { operation } of operations) {
      for (const [status, { description }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const codes = [...description.matchAll(/^`([a-z-]+)`:/gm)].map(([, code]) => code as ErrorCode);
        expect(codes.length).toBeGreaterThan(0);
        for (const code of codes) expect(ErrorCatalogue[code].status).toBe(Number(status));
      }
    }
  });

  it('hide what a client cannot send', () => {
    expect(JSON.stringify(documents)).not.toContain('waitSeconds');
  });

  it('give no example of what a query may leave out: it would be sent by who only wants to try', () => {
    const prefilled = operations
      .flatMap(({ operation: { parameters = [] } }) => parameters)
      .filter((one) => one.in === 'query' && !one.required && one.schema.examples !== undefined);
    expect(prefilled).toEqual([]);
  });

  it('list the groups of their operations, and no other', () => {
    for (const { paths, tags } of documents) {
      const used = Object.values(paths).flatMap((item) => Object.values(item).flatMap((operation) => operation.tags));
      expect(tags.map(({ name }) => name).toSorted()).toEqual([...new Set(used)].toSorted());
    }
  });

  it.each(operations.map((one) => [one.operation.operationId, one] as const))(
    'give examples of %s that are as its schemas say',
    (_, { document, path, method, operation }) => {
      const places: [string[], Record<string, Media>][] = [
        [['requestBody'], operation.requestBody?.content ?? {}],
        ...Object.entries(operation.responses).map(([status, { content }]): [string[], Record<string, Media>] => [
          ['responses', status],
          content ?? {},
        ]),
      ];
      for (const [steps, content] of places) {
        for (const [type, { example, examples = {} }] of Object.entries(content)) {
          if (!type.endsWith('json')) continue;
          const all = [
            ...(example === undefined ? [] : [example]),
            ...Object.values(examples).map(({ $ref }) => shared[$ref.split('/').at(-1)!]!.value),
          ];
          expect(all.length).toBeGreaterThan(0);
          const pointer = pointerTo('paths', path, method, ...steps, 'content', type, 'schema');
          for (const value of all) expect(conformance.faultOfValue(document, pointer, value)).toBeUndefined();
        }
      }
    },
  );
});
