import { describe, expect, it } from '@jest/globals';
import type { Answer } from './client.js';
import { Conformance } from './conformance.js';

const thing = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: false };
const document = {
  paths: {
    '/things/{id}': {
      get: {
        operationId: 'Things.get',
        responses: {
          200: {
            headers: { ETag: { $ref: '#/components/headers/ETag' }, Link: { $ref: '#/components/headers/Link' } },
            content: { 'application/json': { schema: thing } },
          },
        },
      },
    },
  },
  components: { headers: { ETag: { required: true }, Link: {} } },
};
const conformance = await Conformance.of([document]);

const headers = {
  'x-request-id': 'request-1',
  'cache-control': 'no-store',
  vary: 'Authorization, X-Tenant, Origin',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'referrer-policy': 'no-referrer',
  'content-type': 'application/json; charset=utf-8',
  etag: '"a.1"',
};
const answer = (changes: Partial<Answer<unknown>> = {}): Answer<unknown> => {
  const body = changes.body ?? { id: 'a' };
  return { status: 200, headers, text: JSON.stringify(body), tookMs: 1, ...changes, body };
};
const without = (name: string) => ({ headers: { ...headers, [name]: undefined } });
const faultOf = (changes: Partial<Answer<unknown>>, path = '/things/a') =>
  conformance.faultOf('GET', path, answer(changes));

describe('an answer', () => {
  it('that is as documented has no fault, by HEAD neither', () => {
    expect(faultOf({})).toBeUndefined();
    expect(conformance.faultOf('HEAD', '/things/a?x=1', answer({ text: '', body: {} }))).toBeUndefined();
  });

  it.each<[string, Partial<Answer<unknown>>]>([
    ['which Things.get does not document', { status: 201 }],
    ["of type 'text/html', not application/json", { headers: { ...headers, 'content-type': 'text/html' } }],
    ['with a body that is not as documented', { body: { id: 1 } }],
    ['without the header ETag', without('etag')],
  ])('has the fault: %s', (fault, changes) => {
    expect(faultOf(changes)).toContain(fault);
  });

  it.each(Object.keys(headers).filter((name) => !['content-type', 'etag'].includes(name)))(
    'is never without %s, on a route or on none',
    (name) => {
      expect(faultOf(without(name))).toContain(`with the header ${name}: undefined`);
      const problem = { ...without(name).headers, 'content-type': 'application/problem+json' };
      const lost = { status: 404, headers: problem };
      expect(faultOf(lost, '/nope')).toContain(`with the header ${name}: undefined`);
      expect(faultOf({ ...lost, headers: { ...problem, [name]: headers[name as 'vary'] } }, '/nope')).toBeUndefined();
    },
  );
});
