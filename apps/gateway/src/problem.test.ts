import { describe, expect, it } from '@jest/globals';
import { ServiceError } from '@tenantry/service-kit';
import { asProblemError, pathOf, problemOnSocket } from './problem.js';

describe('what was thrown', () => {
  it.each<[number, string]>([
    [400, 'bad-request'],
    [404, 'not-found'],
    [405, 'method-not-allowed'],
    [413, 'payload-too-large'],
    [414, 'headers-too-large'],
    [415, 'unsupported-media-type'],
    [431, 'headers-too-large'],
    [418, 'internal'],
    [500, 'internal'],
  ])('with the status %i of the HTTP server is %s', (statusCode, code) => {
    const error = asProblemError(Object.assign(new Error('of a library'), { statusCode }));
    expect(error.code).toBe(code);
    expect(JSON.stringify(error.toProblem())).not.toContain('of a library');
  });

  it.each([new Error('connect ECONNREFUSED 10.0.0.1:5432'), 'SELECT 1', undefined, null, 7, { message: 'x' }])(
    'and nobody foresaw says nothing of itself: %p',
    (thrown) => {
      const error = asProblemError(thrown);
      expect(error.toProblem()).toMatchObject({
        code: 'internal',
        status: 500,
        detail: 'The request failed for a reason of ours.',
      });
      expect(error.cause).toBe(thrown);
    },
  );

  it('stays what it is when it is an error of the catalogue', () => {
    const error = new ServiceError('conflict', 'twice');
    expect(asProblemError(error)).toBe(error);
  });
});

it.each([
  ['/v1/products', '/v1/products'],
  ['/v1/products?token=secret', '/v1/products'],
  ['http://elsewhere.example:80/v1/products?x', '/v1/products'],
  ['HTTPS://user:secret@elsewhere.example', '/'],
  ['*', '*'],
])('the path of %s is %s', (url, path) => {
  expect(pathOf({ url })).toBe(path);
});

it('an answer on the bare socket is a whole one', () => {
  const [head = '', body = ''] = problemOnSocket(431, 'request-1').split('\r\n\r\n');
  const lines = head.split('\r\n');
  expect(lines[0]).toBe('HTTP/1.1 431 Request Header Fields Too Large');
  expect(lines).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
  expect(lines).toContain('X-Request-Id: request-1');
  expect(lines.join()).toContain('strict-transport-security');
  expect(JSON.parse(body)).toMatchObject({ type: '/problems/headers-too-large', status: 431, requestId: 'request-1' });
  expect(JSON.parse(body)).not.toHaveProperty('code');
});
