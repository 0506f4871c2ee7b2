import { describe, expect, it } from '@jest/globals';
import { message, MigrationRuns, Products, Tenants } from '@tenantry/contracts';
import { z } from 'zod';
import { inputOf } from './input.js';
import { requestOf } from '../test/request.js';

const id = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const search = message('products.search', {
  request: z.strictObject({ q: z.string().optional(), active: z.boolean().optional(), price: z.number().optional() }),
  reply: z.null(),
  needs: 'products:read',
});

describe('a query', () => {
  const read = (query: Record<string, unknown>): unknown => inputOf(search, requestOf({ query }));

  it.each<[Record<string, string>, unknown]>([
    [{ active: 'true' }, { active: true }],
    [{ active: 'false' }, { active: false }],
    [{ price: '-1.50' }, { price: -1.5 }],
    [{ q: 'true' }, { q: 'true' }],
    [{ q: '12' }, { q: '12' }],
    [{ q: '' }, { q: '' }],
  ])('%j is read in the types of the fields', (query, fields) => {
    expect(read(query)).toEqual(fields);
  });

  it.each<Record<string, unknown>>([
    { active: '1' },
    { active: 'TRUE' },
    { active: '' },
    { price: '' },
    { price: ' 1' },
    { price: '1e3' },
    { price: '0x10' },
    { price: 'NaN' },
    { price: 'Infinity' },
    { price: '9'.repeat(16) },
    { q: ['a', 'b'] },
    { active: ['true', 'true'] },
    { constructor: 'x' },
    { toString: 'x' },
    JSON.parse('{"__proto__":"x"}') as Record<string, unknown>,
  ])('%j is refused', (query) => {
    expect(() => read(query)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('is read by HEAD as by GET (RFC 9110, 9.3.2)', () => {
    expect(inputOf(search, requestOf({ method: 'HEAD', query: { active: 'true' } }))).toEqual({ active: true });
  });

  it('fills in what is left out', () => {
    expect(inputOf(Products.list, requestOf())).toEqual({ limit: 20, sort: '-createdAt' });
  });
});

describe('a body', () => {
  const read = (body: unknown, more: object = {}): unknown =>
    inputOf(Products.update, requestOf({ method: 'PATCH', params: { id }, body, ...more }));

  it('is read together with what stands in the path', () => {
    expect(read({ price: '1.50' })).toEqual({ id, price: '1.50' });
  });

  it('keeps texts that look like numbers, and numbers, as they are', () => {
    expect(read({ name: '12', stockQuantity: 12 })).toEqual({ id, name: '12', stockQuantity: 12 });
    expect(() => read({ stockQuantity: '12' })).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it.each([[[]], ['text'], [null], [1]])('that is %j and no object is refused', (body) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('cannot name another resource than the path', () => {
    const other = id.replace('0192', '0193');
    expect(() => read({ id: other })).toThrow(
      expect.objectContaining({ code: 'bad-request', errors: [expect.objectContaining({ pointer: '/id' })] }),
    );
  });

  it('allows no query beside it', () => {
    expect(() => read({}, { query: { price: '1' } })).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('is told where in a list something is wrong', () => {
    const start = (body: object): unknown => inputOf(MigrationRuns.start, requestOf({ method: 'POST', body }));
    const refusedAt = (code: string, pointer: string) =>
      expect.objectContaining({ code, errors: [expect.objectContaining({ pointer })] });
    expect(() => start({ waves: [5, '50'] })).toThrow(refusedAt('bad-request', '/waves/1'));
    expect(() => start({ waves: [5, 0] })).toThrow(refusedAt('validation', '/waves/1'));
    expect(() => start({ selector: { slugs: ['acme', 'No Slug'] } })).toThrow(
      refusedAt('validation', '/selector/slugs/1'),
    );
    expect(() => start({ selector: { colour: 'red' } })).toThrow(refusedAt('bad-request', '/selector/colour'));
    expect(start({ waves: [5, 50] })).toMatchObject({ waves: [5, 50], check: false, selector: {}, concurrency: 4 });
  });

  it('cannot say what comes from a header', () => {
    const body = { slug: 'acme', name: 'Acme', waitSeconds: 4 };
    const request = requestOf({ method: 'POST', body });
    expect(() => inputOf(Tenants.create, request, { waitSeconds: 0 })).toThrow(
      expect.objectContaining({ code: 'bad-request' }),
    );
  });
});
