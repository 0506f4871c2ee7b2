import { describe, expect, test } from '@jest/globals';
import { NestLog } from './log.js';
import { anonymous, withRequest } from './request-context.js';
import { keptLog } from './test/broker.js';

const lineOf = (write: (log: ReturnType<typeof keptLog>['log']) => void): string => {
  const { log, lines } = keptLog();
  write(log);
  return JSON.stringify(lines);
};

describe('a line of the log', () => {
  test.each([
    'password',
    'passwordHash',
    'authorization',
    'cookie',
    'token',
    'accessToken',
    'refreshToken',
    'context',
    'key',
    'masterKey',
    'secret',
  ])('never holds a %s, at the top or one level down', (name) => {
    const text = lineOf((log) => {
      log.info({ [name]: 'hunter2' }, 'x');
      log.info({ request: { [name]: 'hunter2', kept: 'yes' } }, 'x');
    });
    expect(text).not.toContain('hunter2');
    expect(text).toContain('yes');
  });

  test('never holds the SQL, the parameters or the driver of a failed query', () => {
    const failed = Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), {
      code: '23505',
      query: 'INSERT INTO users VALUES ($1) /* hunter2 */',
      parameters: ['hunter2'],
      driverError: { detail: 'Key (email)=(hunter2) already exists.' },
      detail: 'Key (email)=(hunter2) already exists.',
    });
    const text = lineOf((log) => log.error({ err: new Error('could not save', { cause: failed }) }, 'failed'));
    expect(text).not.toContain('hunter2');
    expect(text).toContain('23505');
    expect(text).toContain('users_email_key');
    expect(text).toContain('could not save');
    expect(text).toContain('log.test');
  });

  test('survives an error that is no error, or causes itself', () => {
    const circle = new Error('round');
    circle.cause = circle;
    const text = lineOf((log) => {
      log.error({ err: circle }, 'x');
      log.error({ err: 'just text' }, 'y');
      log.error({ err: new Error('of many', { cause: { deep: new Map() } }) }, 'z');
    });
    expect(text).toContain('round');
    expect(text).toContain('just text');
  });

  test('carries service, instance, and the ids of the request being worked on', () => {
    const { log, lines } = keptLog();
    const caller = { ...anonymous, tenantId: 'acme-id' };
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    withRequest({ requestId: 'request-1', traceparent, caller, deadlineAt: 0 }, () => log.info('inside'));
    log.info('outside');
    expect(lines).toEqual([
      expect.objectContaining({
        service: 'products',
        instance: 'products-test',
        level: 'info',
        requestId: 'request-1',
        tenantId: 'acme-id',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        msg: 'inside',
      }),
      expect.not.objectContaining({ requestId: expect.anything() }),
    ]);
  });

  test("of Nest's own chatter is debug, its errors are errors", () => {
    const { log, lines } = keptLog();
    const nest = new NestLog(log);
    nest.log('mapped', 'Router');
    nest.warn('careful', 'Injector');
    nest.error('broken', 'at x.ts:1', 'Injector');
    expect(lines.map(({ level, from, msg }) => [level, from, msg])).toEqual([
      ['debug', 'Router', 'mapped'],
      ['warn', 'Injector', 'careful'],
      ['error', 'Injector', 'broken'],
    ]);
  });
});
