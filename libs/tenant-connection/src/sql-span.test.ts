import { expect, it } from '@jest/globals';
import { TenantDatabaseUnavailable } from './errors.js';
import { failureOf } from './sql-span.js';

const failure = (code: string) => Object.assign(new Error(code), { code });

it.each(['23505', 'P0001'])('a statement that failed says in its span as what the server knows that: %s', (code) => {
  expect(failureOf(failure(code))).toEqual({ 'error.type': code, 'db.response.status_code': code });
});

it.each(['57014', '57P01', '53200'])('so does one whose failure is an outage: %s', (code) => {
  const thrown = new TenantDatabaseUnavailable(failure(code));
  expect(failureOf(thrown)).toEqual({ 'error.type': code, 'db.response.status_code': code });
});

it.each([
  failure('EPIPE'),
  failure('ECONNRESET'),
  new Error('Connection terminated unexpectedly'),
  'a breaker is open',
])('what the server has not said is not put in its mouth: %s', (cause) => {
  expect(failureOf(new TenantDatabaseUnavailable(cause))).toEqual({ 'error.type': 'tenant-database-unavailable' });
});
