import { describe, expect, test } from '@jest/globals';
import { figureOf, isMet, type FigureTerms } from './figure.ts';
import { jsonLine, table } from './report.ts';

const rate: FigureTerms = { bench: 'kit', figure: 'rate', unit: '/s', better: 'higher', target: 0.9 };
const latency: FigureTerms = { bench: 'hop', figure: 'p50', unit: 'us', better: 'lower', target: 1.3 };

describe('a figure', () => {
  test('takes its ratio from the median of the rounds, not from the medians of the arms', () => {
    const figure = figureOf(rate, [10, 20, 90], [20, 20, 100]);
    expect(figure.ratios.median).toBe(0.9);
    expect([figure.ours, figure.bare, figure.rounds]).toEqual([20, 20, 3]);
  });

  test('of a rate is met from its target upwards, of a latency downwards', () => {
    expect(isMet(figureOf(rate, [90], [100]))).toBe(true);
    expect(isMet(figureOf(rate, [89], [100]))).toBe(false);
    expect(isMet(figureOf(latency, [130], [100]))).toBe(true);
    expect(isMet(figureOf(latency, [131], [100]))).toBe(false);
  });

  test('without a promise is neither met nor missed', () => {
    expect(isMet(figureOf({ ...rate, target: null }, [1], [100]))).toBeNull();
  });

  test('is one line of JSON with exactly seven fields', () => {
    const line = jsonLine(figureOf(rate, [30_000.123], [40_000]));
    expect(line).toBe('{"bench":"kit","figure":"rate","ours":30000,"bare":40000,"ratio":0.75,"target":0.9,"rounds":1}');
  });

  test('says in the table which way its target lies and whether it was reached', () => {
    const [head, first, second] = table([figureOf(rate, [95], [100]), figureOf(latency, [150], [100])]).split('\n');
    expect(head).toContain('ratio');
    expect(first).toMatch(/>= 0\.9\s+met$/);
    expect(second).toMatch(/<= 1\.3\s+missed$/);
  });
});
