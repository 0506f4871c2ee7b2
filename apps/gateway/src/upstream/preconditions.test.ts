import { describe, expect, it } from '@jest/globals';
import { Products } from '@tenantry/contracts';
import { ifMatchOf, isHeld } from './preconditions.js';

describe('a write that needs If-Match', () => {
  it.each([{}, { 'if-match': '' }, { 'if-none-match': '*' }])('is refused with the headers %j', (headers) => {
    expect(() => ifMatchOf(Products.update, headers)).toThrow(
      expect.objectContaining({ code: 'precondition-required' }),
    );
  });

  it('is sent on with what the client said', () => {
    expect(ifMatchOf(Products.update, { 'if-match': 'W/"x", "y"' })).toBe('W/"x", "y"');
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
