import { describe, expect, test } from '@jest/globals';
import { median, quantile, ratiosOf, spreadOf } from './statistics.ts';

describe('statistics', () => {
  test('the median of an even number of values lies between the two middle ones', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([7])).toBe(7);
  });

  test('quantiles order by value, not by text, and leave the values as they were', () => {
    const values = [100, 9, 20];
    expect(quantile(values, 0)).toBe(9);
    expect(quantile(values, 1)).toBe(100);
    expect(values).toEqual([100, 9, 20]);
  });

  test('no values have no median', () => {
    expect(() => median([])).toThrow(RangeError);
  });

  test('a spread holds quartiles and ends', () => {
    expect(spreadOf([1, 2, 3, 4, 5])).toEqual({ median: 3, lowerQuartile: 2, upperQuartile: 4, min: 1, max: 5 });
  });

  test('ratios are taken round by round, so a slow minute of the machine falls out', () => {
    expect(ratiosOf([50, 5], [100, 10])).toEqual([0.5, 0.5]);
  });

  test('a bare arm that measured nothing is no limit', () => {
    expect(() => ratiosOf([1], [0])).toThrow('round 1');
    expect(() => ratiosOf([1, 2], [1])).toThrow(RangeError);
  });
});
