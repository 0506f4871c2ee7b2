import { describe, expect, it } from '@jest/globals';
import type { Stack } from '@tenantry/testing';

/** Told last: whatever the other stories did, nothing of theirs that is secret was written down. */
export const noSecretInLogs = (stack: () => Stack): void =>
  describe('the logs', () => {
    it('hold no secret of the stack, and none that was sent or answered', () => {
      const { secrets, logs } = stack();
      // Else there would be nothing to find.
      expect(secrets.length).toBeGreaterThan(10);
      expect(logs['gateway']).toContain('"answered"');
      const found = Object.entries(logs).flatMap(([name, text]) =>
        secrets.filter((secret) => text.includes(secret)).map((secret) => `${name}: ${secret.slice(0, 8)}...`),
      );
      expect(found).toEqual([]);
    });

    it('hold no warning of what Node or a library will do without one day', () => {
      const found = Object.entries(stack().logs).flatMap(([name, text]) =>
        text
          .split('\n')
          .filter((line) => line.includes('DeprecationWarning'))
          .map((line) => `${name}: ${line}`),
      );
      expect(found).toEqual([]);
    });
  });
