import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';
import { sendBytes } from '../test/wire.js';

let gateway: OwnGateway;
beforeAll(async () => void (gateway = await startOwnGateway()));
afterAll(async () => gateway[Symbol.asyncDispose]());

const send = (target: string, ...headers: string[]) =>
  sendBytes(gateway.port, [`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'));
const post = (head: string, body: string, version = '1.1') =>
  sendBytes(
    gateway.port,
    `POST /v1/auth/login HTTP/${version}\r\nHost: x\r\nX-Tenant: -\r\nConnection: close\r\n${head}\r\n\r\n${body}`,
  );

describe('a request', () => {
  it('that says everything once is served', async () => {
    expect(await send('/problems?')).toMatchObject({ status: 200 });
  });

  it.each([
    'Host: y',
    'Authorization: Bearer a\r\nAuthorization: Bearer b',
    'authorization: Bearer a\r\nAUTHORIZATION: Bearer a',
    'X-Tenant: acme\r\nX-Tenant: globex',
    'Content-Type: application/json\r\nContent-Type: text/plain',
    'Idempotency-Key: a\r\nIdempotency-Key: b',
    'Origin: https://a.example\r\nOrigin: https://b.example',
  ])('that says twice what can be meant once is refused: %j', async (header) => {
    const answer = await send('/problems', header);
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('was sent more than once') });
  });

  it('may repeat what is a list', async () => {
    expect(await send('/problems', 'Accept: a/b', 'Accept: c/d', 'Prefer: x', 'Prefer: y')).toMatchObject({
      status: 200,
    });
  });

  it('of 101 headers is refused, of 100 not', async () => {
    const headers = (count: number): string[] => Array.from({ length: count - 2 }, (_, n) => `X-${n}: a`);
    expect(await send('/problems', ...headers(100))).toMatchObject({ status: 200 });
    expect(await send('/problems', ...headers(101))).toMatchObject({ status: 431 });
    expect(await send('/problems', ...headers(2500))).toMatchObject({ status: 431 });
  });
});

describe('a host', () => {
  const to = (path: string, host: string, ...headers: string[]) =>
    sendBytes(
      gateway.port,
      [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n'),
    );
  const paths = ['/docs', '/docs/', '/openapi.json', '/problems', '/livez', '/v1/products', '/nope'];

  it.each([
    '%',
    'a b',
    '[',
    '[::1',
    '[::1::2]',
    '::1',
    'a%2eb',
    'a@b',
    'a/b',
    'a:b',
    'a:1:2',
    'a:65536',
    '999.1.1.1',
    '',
  ])('that is none is refused on every path: %j', async (host) => {
    for (const path of paths) {
      const { status, text } = await to(path, host);
      expect({ path, status, text }).toMatchObject({
        ...{ path, status: 400, text: expect.stringMatching(/application\/problem\+json/i) },
      });
    }
  });

  it.each(['x', 'X.example:8080', 'a_b.example', '127.0.0.1:3000', '[::1]:3000', 'x:'])(
    'may be called %s',
    async (host) => {
      const statuses = await Promise.all(paths.map(async (path) => (await to(path, host)).status));
      expect(statuses).toEqual([301, 200, 200, 200, 200, 401, 404]);
    },
  );

  it('need not be named by HTTP/1.0, but for the page, whose links need one', async () => {
    const unnamed = (path: string) => sendBytes(gateway.port, `GET ${path} HTTP/1.0\r\n\r\n`);
    expect(await unnamed('/livez')).toMatchObject({ status: 200 });
    for (const path of ['/docs', '/docs/']) {
      const answer = await unnamed(path);
      expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(/application\/problem\+json/i) });
    }
  });

  it('is what Host says, whatever a proxy that is trusted forwards', async () => {
    await using behindProxy = await startOwnGateway({ TRUSTED_PROXIES: '127.0.0.1', BASE_DOMAIN: 'example' });
    const forwarding = behindProxy.http.with({ 'x-forwarded-host': '%', 'x-forwarded-proto': 'https' });
    expect((await forwarding.get('/docs')).status).toBe(301);
    expect((await forwarding.get('/docs/')).status).toBe(200);
  });
});

describe('a target', () => {
  it.each([
    'http://x/problems',
    'http://elsewhere.example/problems',
    'HTTP://X/problems',
    'x:/problems',
    'problems',
    '?x',
    '/%70roblems',
    '/problems%2fvalidation',
    '/problems/%76alidation',
    '/problems#x',
    '/problems\\validation',
  ])('%s leads nowhere', async (target) => {
    expect(await send(target)).toMatchObject({ status: 400 });
  });

  it.each([
    '//problems',
    '/problems/',
    '/problems//validation',
    '/PROBLEMS',
    '/problems;x',
    '/x/../problems',
    '/./problems',
  ])('%s is not the route it resembles', async (target) => {
    expect(await send(target)).toMatchObject({ status: 404, text: expect.stringContaining('There is no such route.') });
  });

  it.each(['/problems?a=%zz', '/problems?a=%c0%af', '/problems?%=1', '/problems?a=%ed%a0%80'])(
    '%s, which no text was encoded to, is refused',
    async (target) => {
      expect(await send(target)).toMatchObject({ status: 400 });
    },
  );

  it('with a parameter twice names it', async () => {
    const { status, body } = await gateway.http.get('/problems?a=1&b=2&a=3');
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/a', code: 'repeated', message: 'is given more than once' }] },
    });
  });

  it('with 33 parameters is refused', async () => {
    const query = Array.from({ length: 33 }, (_, n) => `p${n}=1`).join('&');
    expect(await gateway.http.get(`/problems?${query}`)).toMatchObject({ status: 400 });
  });
});

describe('a body', () => {
  const json = 'Content-Type: application/json\r\n';
  const chunks = '2\r\n{}\r\n0\r\n\r\n';

  it.each(['gzip, chunked', 'identity, chunked', 'chunked, chunked', 'xchunked, chunked'])(
    'in the transfer coding %s is refused',
    async (coding) => {
      expect(await post(`${json}Transfer-Encoding: ${coding}`, chunks)).toMatchObject({ status: 400 });
    },
  );

  it('in chunks from a client of HTTP/1.0 is refused', async () => {
    expect(await post(`${json}Transfer-Encoding: chunked`, chunks, '1.0')).toMatchObject({ status: 400 });
  });

  it('in chunks is read, whatever transfer codings the client takes', async () => {
    expect(await post(`${json}TE: gzip, trailers\r\nTransfer-Encoding: chunked`, chunks)).toMatchObject({
      status: 422,
      text: expect.stringContaining('/email'),
    });
  });

  it.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'nonsense'])(
    'packed by %s is refused unread',
    async (coding) => {
      const answer = await post(`${json}Content-Encoding: ${coding}\r\nContent-Length: 2`, '{}');
      expect(answer).toMatchObject({ status: 415 });
    },
  );
});
