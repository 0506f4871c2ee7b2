import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refuseShape } from './json-body.js';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';

let gateway: OwnGateway;
beforeAll(async () => void (gateway = await startOwnGateway()));
afterAll(async () => gateway[Symbol.asyncDispose]());

/** No name that a tenant can have: a login is refused for it only after its body, so that nobody learns which tenants there are. */
const anyTenant = { 'x-tenant': '-' };
const send = (bytes: string | Uint8Array, type = 'application/json', method = 'POST') =>
  gateway.http.send(method, '/v1/auth/login', bytes, { 'content-type': type, ...anyTenant });

describe('a body', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['is empty', '', 'The body is empty.'],
    ['is broken', '{"a":', 'The body is not JSON that can be read.'],
    ['ends in the middle of a text', '{"a', 'The body is not JSON that can be read.'],
    ['names __proto__', '{"__proto__":{}}', 'The body is not JSON that can be read.'],
    ['says a name twice', '{"email":"a@x.yy","password":"x","email":"b@x.yy"}', 'The body says "email" twice.'],
    ['says a name twice far inside', '{"a":[{"b\\u0063":1,"bc":2}]}', 'The body says "bc" twice.'],
    ['is not UTF-8', Buffer.from('{"a":"\xff"}', 'latin1'), 'The body is not UTF-8.'],
    ['is UTF-16', Buffer.from('{"a":1}', 'utf16le'), 'The body is not JSON that can be read.'],
    ['is 33 deep', '['.repeat(33) + ']'.repeat(33), 'The body is nested more than 32 deep.'],
    ['is 500,000 deep', '['.repeat(500_000), 'The body is nested more than 32 deep.'],
    ['has 10,002 values', `[${'0,'.repeat(10_001)}0]`, 'The body has more than 10000 values.'],
  ])('that %s is refused, which is said', async (_, bytes, detail) => {
    expect(await send(bytes)).toMatchObject({ status: 400, body: { title: 'Malformed request', detail } });
  });

  it('that is JSON is read', async () => {
    expect(await send('{"a":[1,"[[{{,,\\"\\\\"]}')).toMatchObject({
      status: 400,
      body: { errors: expect.arrayContaining([expect.objectContaining({ pointer: '/a' })]) },
    });
  });

  it('may have a byte order mark before it', async () => {
    expect(await send('\ufeff{"a":1}')).toMatchObject({
      status: 400,
      body: { errors: expect.arrayContaining([expect.objectContaining({ pointer: '/a' })]) },
    });
  });

  it.each(['text/plain', 'application/merge-patch+json', 'text/plain; application/json', 'application/json5', 'json'])(
    'of type %s is refused',
    async (type) => {
      expect(await send('{}', type)).toMatchObject({ status: 415 });
    },
  );
});

describe('the shape of a text', () => {
  it.each(['"', '"\\', '{"a":"\\\\"}', '"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', '{"\\"": ",,,"}', ']]]]]]]'])(
    '%j is left to the parser',
    (text) => {
      expect(refuseShape(text)).toBeUndefined();
    },
  );

  it('is found in time that grows with its length alone', () => {
    const begunAt = performance.now();
    refuseShape(`"${'\\'.repeat(1_000_000)}`);
    refuseShape(`[${'"\\\\",'.repeat(9_999)}`);
    expect(performance.now() - begunAt).toBeLessThan(500);
  });
});
