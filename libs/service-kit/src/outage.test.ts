import { describe, expect, it } from '@jest/globals';
import { isOutage } from './outage.js';

const failure = (code: string, severity = 'ERROR') => Object.assign(new Error(code), { code, severity });

describe('a failed query', () => {
  it.each(['57P01', '57014', '08006', '53200', '53300', '58030', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN', '25P03'])(
    'of %s is an outage',
    (code) => expect(isOutage(failure(code))).toBe(true),
  );
  it.each(['23505', '22P02', '40001', '42P01', '25P02', '55000', '3D000', 'ERR_INVALID_ARG_TYPE'])(
    'of %s is its own',
    (code) => expect(isOutage(failure(code))).toBe(false),
  );
  it.each(['55000', '3D000', '28P01'])('of %s that ends the session is an outage', (code) =>
    expect(isOutage(failure(code, 'FATAL'))).toBe(true),
  );
  it.each([
    'Connection terminated unexpectedly',
    'Client has encountered a connection error and is not queryable',
    'timeout exceeded when trying to connect',
    'Connection terminated due to connection timeout',
    'Query read timeout',
  ])('"%s" is an outage', (message) => expect(isOutage(new Error(message))).toBe(true));
  it.each(['QueryRunnerAlreadyReleasedError', 'QueryRunnerProviderAlreadyReleasedError'])(
    'of which TypeORM says %s has lost its connection: an outage',
    (name) => expect(isOutage(Object.assign(new Error(), { name }))).toBe(true),
  );
  it.each([undefined, null, 'ECONNREFUSED', {}, new Error('no such thing')])('%p is none', (thrown) =>
    expect(isOutage(thrown)).toBe(false),
  );
});
