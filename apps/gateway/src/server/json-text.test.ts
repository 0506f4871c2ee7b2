import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { doubledName } from './json-text.js';

describe('a name that is said twice', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1, "b":{}, "a" :1}', 'a'],
    ['{"a":"a","\\u0061":2}', 'a'],
    ['{"x":[{"y":1},{"y":1,"z":[],"y":2}]}', 'y'],
    ['{"":0,"":0}', ''],
    ['{"\\"":0,"\\u0022":0}', '"'],
    ['[[],{"a":{"b":[1,{"c":"}"}]},"b":"\\\\","a":0}]', 'a'],
    ['\ufeff{"a":1,"a":1}', 'a'],
  ])('is found in %s', (json, name) => expect(doubledName(json)).toBe(name));

  it.each(['{}', '[]', '"a"', '1', '{"a":"a","b":"a"}', '{"a":{"a":{"a":1}}}', '[{"a":1},{"a":1}]', '["a","a"]'])(
    'is not found in %s',
    (json) => expect(doubledName(json)).toBeUndefined(),
  );

  it.each(['{"a":{"b":1},"b":1}', '{"a":",\\"a\\":","A":1}', '{"a":[{"b":1}],"b":["a","a"]}'])(
    'is one of the same object: not in %s',
    (json) => expect(doubledName(json)).toBeUndefined(),
  );

  it('is in nothing that a writer of JSON makes, and is found wherever it is put', () => {
    const space = fc.constantFrom(undefined, 2);
    fc.assert(
      fc.property(fc.jsonValue(), space, (value, indent) => {
        const json = JSON.stringify(value, undefined, indent);
        expect(doubledName(json)).toBeUndefined();
        const name = '\ud800 not a name of these';
        const twice = `${JSON.stringify(name)}:0,"v":${json},${JSON.stringify(name)}:1`;
        expect(doubledName(`[{"o":${json},${twice}}]`)).toBe(name);
      }),
    );
  });
});
