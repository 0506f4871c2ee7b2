import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { controllers } from '../app.module.js';
import { breakingChanges } from './breaking.js';
import { openApiDocument } from './openapi.js';
import { apiVersion, documentPaths } from './pages.js';
import { allRoutes } from './routes.js';

const folder = join(import.meta.dirname, '../../../../docs/openapi');

interface Thing {
  properties: Record<string, object>;
  required: string[];
}

const note = (changes = {}): object => ({ type: 'string', minLength: 1, maxLength: 10, pattern: '^a', ...changes });
const tags = { type: 'array', items: { type: 'string' }, maxItems: 3 };
const thing = (): Thing => ({
  properties: { id: { type: 'string' }, size: { type: 'string', enum: ['s', 'm'] }, note: note(), tags },
  required: ['id'],
});
const make = (
  change: (parts: { input: Thing; output: Thing; operation: Record<string, unknown>; parameter: object }) => void,
) => {
  const [input, output] = [thing(), thing()];
  const parameter = { name: 'limit', in: 'query', schema: { type: 'integer' } };
  const operation: Record<string, unknown> = { 'x-permission': 'things:read', parameters: [parameter] };
  change({ input, output, operation, parameter });
  const content = (name: string) => ({
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  const whole = { ...operation, requestBody: content('Input'), responses: { 200: content('Output') } };
  return { paths: { '/things': { post: whole } }, components: { schemas: { Input: input, Output: output } } };
};
const plain = make(() => undefined);

describe('a change of the document', () => {
  it.each<[string, Parameters<typeof make>[0]]>([
    ['POST /things: body/note has become required', ({ input }) => input.required.push('note')],
    ['POST /things: body/note is gone', ({ input }) => delete input.properties['note']],
    ['POST /things: body/id is of another type', ({ input }) => (input.properties['id'] = { type: 'integer' })],
    [
      'POST /things: body/size takes m no more',
      ({ input }) => (input.properties['size'] = { type: 'string', enum: ['s'] }),
    ],
    [
      'POST /things: body/note has the maxLength 9, not 10',
      ({ input }) => (input.properties['note'] = note({ maxLength: 9 })),
    ],
    [
      'POST /things: body/note has the minLength 2, not 1',
      ({ input }) => (input.properties['note'] = note({ minLength: 2 })),
    ],
    [
      'POST /things: body/note has the pattern "^b", not "^a"',
      ({ input }) => (input.properties['note'] = note({ pattern: '^b' })),
    ],
    [
      'POST /things: body/note has the format "uuid", which is new',
      ({ input }) => (input.properties['note'] = note({ format: 'uuid' })),
    ],
    [
      'POST /things: query limit has the maximum 50, which is new',
      ({ parameter }) => Object.assign(parameter, { schema: { type: 'integer', maximum: 50 } }),
    ],
    [
      'POST /things: query limit has the minimum 1, which is new',
      ({ parameter }) => Object.assign(parameter, { schema: { type: 'integer', minimum: 1 } }),
    ],
    [
      'POST /things: body/tags has the maxItems 2, not 3',
      ({ input }) => (input.properties['tags'] = { ...tags, maxItems: 2 }),
    ],
    [
      'POST /things: body/tags[] has the maxLength 5, which is new',
      ({ input }) => (input.properties['tags'] = { ...tags, items: { type: 'string', maxLength: 5 } }),
    ],
    ['POST /things: 200/note is gone', ({ output }) => delete output.properties['note']],
    ['POST /things: 200/id may be missing', ({ output }) => (output.required = [])],
    [
      'POST /things needs things:write, not things:read',
      ({ operation }) => (operation['x-permission'] = 'things:write'),
    ],
    ['POST /things: query limit is gone', ({ operation }) => (operation['parameters'] = [])],
    ['POST /things: query limit has become required', ({ parameter }) => Object.assign(parameter, { required: true })],
  ])('breaks clients: %s', (sentence, change) => {
    expect(breakingChanges(plain, make(change))).toEqual([sentence]);
  });

  it('breaks clients where a route goes', () => {
    expect(breakingChanges(plain, { paths: {} })).toEqual(['POST /things is gone']);
  });

  it.each<Parameters<typeof make>[0]>([
    () => undefined,
    ({ input }) => (input.properties['more'] = { type: 'string' }),
    ({ input }) => (input.required = []),
    ({ input }) => (input.properties['note'] = note({ minLength: 0, maxLength: 11 })),
    ({ input }) => (input.properties['note'] = { type: 'string' }),
    ({ input }) => (input.properties['tags'] = { ...tags, maxItems: 4 }),
    ({ output }) => (output.properties['note'] = note({ maxLength: 9 })),
    ({ output }) => (output.properties['more'] = { type: 'string' }),
    ({ output }) => output.required.push('note'),
    ({ operation, parameter }) => (operation['parameters'] = [parameter, { name: 'q', in: 'query', schema: {} }]),
  ])('that only adds breaks nobody', (change) => {
    expect(breakingChanges(plain, make(change))).toEqual([]);
  });
});

describe.each(['tenants', 'platform'] as const)('the document of %s', (audience) => {
  const committed = JSON.parse(readFileSync(join(folder, basename(documentPaths[audience])), 'utf8')) as object;
  const current = openApiDocument(allRoutes(controllers), audience, apiVersion);

  it('breaks nobody who goes by docs/openapi', () => {
    expect(breakingChanges(committed, current)).toEqual([]);
  });

  it('is the one in docs/openapi; if not: npx nx openapi gateway', () => {
    expect(JSON.parse(JSON.stringify(current))).toEqual(committed);
  });
});
