import { describe, expect, it } from '@jest/globals';
import { Products } from '@tenantry/contracts';
import { ifMatchOf, isHeld } from './preconditions.js';

describe('a write that needs If-Match', () => {
  it.each([{}, { 'if-match': '' }, { 'if-none-match': '*' }])('is refused with the headers %j', (headers) => {
    expect(() => ifMatchOf(Products.update, headers)).toThrow(
      expect.objectContaining({ code: 'precondition-required' }),
    );
  });

  it.each(['*', ' * ', '"x"', '""', 'W/"x", "y"', '"a,b" ,"c"', ', "x",, "y" ,', '"\u00fc"'])(
    'is sent on with what the client said: %j',
    (said) => expect(ifMatchOf(Products.update, { 'if-match': said })).toBe(said),
  );

  it.each([
    ...['x', 'x.1', '"x', 'x"', "'x'", '"x" "y"', '"x""y"', '"x"y', 'w/"x"', 'W/x', '*, "x"', '"x", *', '**', ','],
    ...['"a b"', '"x";', '""x"'],
  ])('is refused with what is no entity tag, by the name of the header: %j', (said) => {
    expect(() => ifMatchOf(Products.update, { 'if-match': said })).toThrow(
      expect.objectContaining({
        code: 'bad-request',
        errors: [expect.objectContaining({ pointer: '/If-Match', code: 'invalid-entity-tag' })],
      }),
    );
  });

  it('is read in time that grows with its length alone', () => {
    const said = `${'"x" , '.repeat(2500)}"`;
    expect(() => ifMatchOf(Products.update, { 'if-match': said })).toThrow();
  });
});

it('a message that compares nothing takes no If-Match along', () => {
  expect(ifMatchOf(Products.create, { 'if-match': '"x"' })).toBeUndefined();
});

describe('what a client holds', () => {
  it.each<[string | undefined, boolean]>([
    ['"a.1"', true],
    ['W/"a.1"', true],
    ['"b.1", "a.1"', true],
    [' * ', true],
    [undefined, false],
    ['', false],
    ['"a.2"', false],
    ['a.1', false],
    ['"xa.1"', false],
    ['"*"', false],
  ])('is, by If-None-Match: %j, the present version: %j', (held, expected) => {
    expect(isHeld('"a.1"', held === undefined ? {} : { 'if-none-match': held })).toBe(expected);
  });
});
