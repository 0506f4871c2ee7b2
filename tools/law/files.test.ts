import { describe, expect, test } from '@jest/globals';
import { projects, readText, sourcesOf } from './workspace.ts';

const texts = projects.flatMap(sourcesOf).map((path) => ({ path, text: readText(path) }));
const holding = (pattern: RegExp): string[] => texts.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

describe('no source file', () => {
  test('has more than 300 lines', () => {
    const long = texts.filter(({ text }) => text.split('\n').length - 1 > 300);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  // Written in pieces, so that this file keeps the law it tests.
  test.each([
    ['an unfinished thought', new RegExp(String.raw`\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\b`)],
    ['a way around lint', new RegExp(`${'eslint'}-${'disable'}`)],
    ['a way around the compiler', new RegExp(`@ts-${'(ignore|nocheck)'}`)],
  ])('holds %s', (_, pattern) => {
    expect(holding(pattern)).toEqual([]);
  });
});
