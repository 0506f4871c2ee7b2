import { describe, expect, test } from '@jest/globals';
import { ErrorCatalogue, isErrorCode, problemOf, type ErrorCode } from './errors.js';

const codes = Object.keys(ErrorCatalogue) as ErrorCode[];

describe('the error catalogue', () => {
  test('is in order of the status', () => {
    const statuses = codes.map((code) => ErrorCatalogue[code].status);
    expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
  });

  test('says when to come back wherever waiting helps, and only there', () => {
    const passing = codes.filter((code) => [429, 503].includes(ErrorCatalogue[code].status));
    expect(codes.filter((code) => ErrorCatalogue[code].retryAfterSeconds !== undefined)).toEqual(passing);
  });

  test.each(codes)('%s reads as a sentence for a person', (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(ErrorCatalogue[code].explanation).toMatch(/^[A-Z].*\.$/);
  });

  test.each(['constructor', '__proto__', 'toString', '', null, 42])('does not hold %p', (code) => {
    expect(isErrorCode(code)).toBe(false);
  });
});

test('a problem names its fields only when there are some', () => {
  expect(problemOf('conflict', 'No.')).toEqual({
    type: '/problems/conflict',
    title: 'Conflict',
    status: 409,
    detail: 'No.',
    code: 'conflict',
  });
  const errors = [{ pointer: '/a', code: 'required', message: 'is required' }];
  expect(problemOf('validation', 'No.', errors).errors).toBe(errors);
  expect(problemOf('validation', 'No.', [])).not.toHaveProperty('errors');
});
