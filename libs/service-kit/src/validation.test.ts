import { describe, expect, test } from '@jest/globals';
import { CreateProduct, CreateUser, Products, Tenants } from '@tenantry/contracts';
import { z } from 'zod';
import { ServiceError } from './service-error.js';
import { parseRequest } from './validation.js';

const product = { name: 'Chair', price: '12.50' };
const person = { email: 'a@b.example', password: 'a long password', firstName: 'A', lastName: 'B' };
const Choice = z.strictObject({ state: z.enum(['open', 'closed']) });

function refusalOf(schema: z.ZodType, value: unknown): ServiceError {
  try {
    parseRequest(schema, value);
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const shortly = ({ status, errors }: ServiceError): unknown[] => [
  status,
  ...(errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`),
];

describe('a request', () => {
  test('comes back with its defaults', () => {
    expect(parseRequest(CreateProduct, product)).toEqual({
      ...product,
      description: null,
      stockQuantity: 0,
      active: true,
      managedBy: null,
    });
  });

  test.each([
    ['a wrong type', CreateProduct, { ...product, name: 5 }, '/name invalid-type'],
    ['null for a text', CreateProduct, { ...product, name: null }, '/name invalid-type'],
    ['a number for a choice', Choice, { state: 5 }, '/state invalid-value'],
    ['an unknown field', CreateProduct, { ...product, colour: 'red' }, '/colour unknown-field'],
    ['no object', CreateProduct, [product], ' invalid-type'],
    ['a text', CreateProduct, 'x', ' invalid-type'],
    ['null', CreateProduct, null, ' invalid-type'],
    ['a bad UUID', Products.get.request, { id: 'x' }, '/id invalid-id'],
    ['a bad UUID in a body', CreateProduct, { ...product, managedBy: '1' }, '/managedBy invalid-id'],
    ['NUL in a text', CreateProduct, { ...product, name: 'a\0b' }, '/name unstorable-text'],
    ['a lone surrogate', CreateProduct, { ...product, name: 'a\ud800' }, '/name unstorable-text'],
    ['neither of two forms', Tenants.find.request, { name: 'acme' }, ' invalid-union'],
  ])('with %s cannot be read (400)', (_, schema, value, error) => {
    expect(shortly(refusalOf(schema, value))).toEqual([400, error]);
  });

  test.each([
    ['a missing field', CreateProduct, { name: 'Chair' }, '/price required'],
    ['an undefined field', CreateProduct, { name: 'Chair', price: undefined }, '/price required'],
    ['an empty text', CreateProduct, { ...product, name: '' }, '/name too-small'],
    ['a long text', CreateProduct, { ...product, name: 'x'.repeat(201) }, '/name too-big'],
    ['a price with three decimals', CreateProduct, { ...product, price: '1.005' }, '/price invalid-format'],
    [
      'a price that PostgreSQL cannot hold',
      CreateProduct,
      { ...product, price: '12345678901' },
      '/price invalid-format',
    ],
    ['a stock out of range', CreateProduct, { ...product, stockQuantity: 2 ** 31 }, '/stockQuantity too-big'],
    ['a negative stock', CreateProduct, { ...product, stockQuantity: -1 }, '/stockQuantity too-small'],
    ['an unknown choice', Choice, { state: 'gone' }, '/state invalid-value'],
    ['a short password', CreateUser, { ...person, password: 'short' }, '/password too-small'],
    ['no e-mail address', CreateUser, { ...person, email: 'nobody' }, '/email invalid-format'],
    ['a limit of 0', Products.list.request, { limit: 0 }, '/limit too-small'],
  ])('with %s breaks a rule (422)', (_, schema, value, error) => {
    expect(shortly(refusalOf(schema, value))).toEqual([422, error]);
  });

  test('that is malformed in one place is malformed', () => {
    const refusal = refusalOf(CreateProduct, { name: '', price: 12.5 });
    expect(shortly(refusal)).toEqual([400, '/name too-small', '/price invalid-type']);
  });

  test('is refused with pointers escaped as RFC 6901 says', () => {
    const nested = z.strictObject({ 'a/b': z.strictObject({ 'm~n': z.array(z.strictObject({ x: z.string() })) }) });
    expect(shortly(refusalOf(nested, { 'a/b': { 'm~n': [{ x: 'ok' }, { x: 1 }] } }))).toEqual([
      400,
      '/a~1b/m~0n/1/x invalid-type',
    ]);
    expect(shortly(refusalOf(z.strictObject({}), { '~/': 1 }))).toEqual([400, '/~0~1 unknown-field']);
  });

  test.each(['__proto__', 'constructor', 'toString'])('cannot smuggle %s in', (name) => {
    const value: unknown = JSON.parse(`{"name":"Chair","price":"1.00","${name}":{"active":false}}`);
    expect(shortly(refusalOf(CreateProduct, value))).toEqual([400, `/${name} unknown-field`]);
    expect(({} as Record<string, unknown>)['active']).toBeUndefined();
  });

  test('with a hundred thousand unknown fields is refused in a few words', () => {
    const flood = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`f${i}`, 1]));
    const refusal = refusalOf(CreateProduct, flood);
    expect(refusal.status).toBe(400);
    expect(JSON.stringify(refusal.toProblem()).length).toBeLessThan(10_000);
  });

  test('with one field of huge name is refused in a few words', () => {
    const refusal = refusalOf(CreateProduct, { ...product, ['x'.repeat(900_000)]: 1 });
    expect(JSON.stringify(refusal.toProblem()).length).toBeLessThan(10_000);
  });
});
