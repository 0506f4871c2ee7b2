import type { ArgumentsHost } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import type { ErrorCode } from '@tenantry/contracts';
import { type Log, ServiceError } from '@tenantry/service-kit';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';
import { requestOf } from './test/request.js';

/** What stands in the log, by its level, once this was thrown. */
function loggedFor(thrown: unknown): [level: string, line: object][] {
  const lines: [string, object][] = [];
  const keep = (level: string) => (line: object) => void lines.push([level, line]);
  const log = { error: keep('error'), warn: keep('warn') } as unknown as Log;
  const request = Object.assign(requestOf(), { id: 'request-1' });
  const reply: Record<string, unknown> = { request: { routeOptions: { url: '/' } } };
  for (const name of ['header', 'code', 'type', 'send']) reply[name] = () => reply;
  const http = { getRequest: () => request, getResponse: () => reply };
  const host = { switchToHttp: () => http } as unknown as ArgumentsHost;
  new ProblemFilter(new RouteTable(), log).catch(thrown, host);
  return lines;
}

it('a defect is logged as an error, with its cause', () => {
  const cause = new Error('of ours');
  const line = { err: cause, code: 'internal', requestId: 'request-1' };
  expect(loggedFor(cause)).toEqual([['error', line]]);
});

it.each<ErrorCode>(['service-unavailable', 'overloaded', 'deadline-exceeded'])(
  'what passes by itself is a line without a stack, and no error: %s',
  (code) => {
    const thrown = new ServiceError(code, 'later', { cause: new Error('away') });
    expect(loggedFor(thrown)).toEqual([['warn', { code, requestId: 'request-1', because: 'away' }]]);
  },
);

it.each<ErrorCode>(['bad-request', 'unauthenticated', 'rate-limited'])(
  'what the client did is not logged: %s',
  (code) => {
    expect(loggedFor(new ServiceError(code, 'no'))).toEqual([]);
  },
);
