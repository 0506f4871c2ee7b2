import { describe, expect, it } from '@jest/globals';
import type { Stack } from '@tenantry/testing';

/** Of services that start together, in any order; told first. */
export const healthyStart = (stack: () => Stack): void =>
  describe('a start in which all is well', () => {
    it('leaves no warning in the logs', () => {
      const found = Object.entries(stack().logs).flatMap(([name, text]) =>
        text
          .split('\n')
          .filter((line) => /"level":"(warn|error|fatal)"/.test(line))
          .map((line) => `${name}: ${line}`),
      );
      expect(found).toEqual([]);
    });
  });
