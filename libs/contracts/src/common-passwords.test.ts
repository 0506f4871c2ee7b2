import { describe, expect, it } from '@jest/globals';
import { isCommonPassword } from './common-passwords.js';

describe('a common password', () => {
  it.each(['password1234', 'Password1234', 'qwertyuiop123', 'correcthorsebatterystaple', 'zzzzzzzzzzzz'])(
    'is %s',
    (password) => {
      expect(isCommonPassword(password)).toBe(true);
    },
  );

  it.each(['anvil-orbit-walnut-9', 'password1234 and then some', ''])('is not %j', (password) => {
    expect(isCommonPassword(password)).toBe(false);
  });
});
