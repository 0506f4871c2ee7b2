import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';
import { sendBytes } from '../test/wire.js';

let gateway: OwnGateway;
beforeAll(
  async () => void (gateway = await startOwnGateway({ CORS_ORIGINS: 'https://app.example,https://two.example' })),
);
afterAll(async () => gateway[Symbol.asyncDispose]());

describe('clients that are slow', () => {
  // They take their time side by side.
  const slow = 300;
  const held: Socket[] = [];
  let trickle: ReturnType<typeof sendBytes>[] = [];

  beforeAll(() => {
    trickle = [
      sendBytes(gateway.port, 'GET /problems HTTP/1.1\r\n', { more: 'X-A: b\r\n', everyMs: 500 }),
      sendBytes(
        gateway.port,
        'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nX-Tenant: -\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
        { more: ' ', everyMs: 500 },
      ),
      sendBytes(
        gateway.port,
        'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nX-Tenant: -\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
        { more: '1\r\n \r\n', everyMs: 500 },
      ),
    ];
    for (let index = 0; index < slow; index++) {
      const socket = connect(gateway.port, '127.0.0.1', () => socket.write('GET /problems HTTP/1.1\r\nHost:'));
      held.push(socket.on('error', () => undefined));
    }
  });
  afterAll(() => held.forEach((socket) => socket.destroy()));

  it('in the hundreds keep nobody else waiting', async () => {
    const took = [];
    for (let sent = 0; sent < 50; sent++) {
      const { status, tookMs } = await gateway.http.get('/problems/validation');
      expect(status).toBe(200);
      took.push(tookMs);
    }
    expect(took.toSorted((a, b) => a - b)[25]).toBeLessThan(200);
  });

  it('are cut off, with their headers after 10 s, with their body at the deadline', async () => {
    const [headers, body, chunks] = await Promise.all(trickle);
    expect(headers).toMatchObject({ status: 400 });
    expect(headers!.tookMs).toBeLessThan(15_000);
    expect(headers!.tookMs).toBeGreaterThan(8000);
    for (const one of [body, chunks]) {
      expect(one).toMatchObject({ status: 400, text: expect.stringContaining('The body did not arrive in time.') });
      expect(one!.text).toMatch(/connection: close/i);
      expect(one!.tookMs).toBeGreaterThan(4500);
      expect(one!.tookMs).toBeLessThan(8000);
    }
  }, 40_000);
});

describe('a page of another origin', () => {
  const exposed =
    'ETag, Location, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotency-Replayed, WWW-Authenticate, Allow, Preference-Applied';
  const ask = (origin: string) => gateway.http.with({ origin }).get('/problems/validation');

  it('that is listed may read the answer', async () => {
    for (const origin of ['https://app.example', 'https://two.example']) {
      const { headers } = await ask(origin);
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': exposed,
        vary: expect.stringContaining('Origin'),
      });
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('that is listed may read why it is refused, be it before anything else is looked at', async () => {
    // Without Redis it counts for itself: other tests come from this address, too.
    const limits = { ADDRESS_REQUESTS_PER_MINUTE: '1', REDIS_URL: 'redis://127.0.0.1:1' };
    await using strict = await startOwnGateway({ CORS_ORIGINS: 'https://app.example', ...limits });
    const page = strict.http.with({ origin: 'https://app.example' });
    for (const [path, status] of [
      ['/problems?a=1&a=2', 400],
      ['/problems', 200],
      ['/problems', 429],
    ] as const) {
      expect(await page.get(path)).toMatchObject({
        status,
        headers: { 'access-control-allow-origin': 'https://app.example', 'access-control-expose-headers': exposed },
      });
    }
    const preflight = page.with({ 'access-control-request-method': 'PATCH' });
    expect((await preflight.send('OPTIONS', '/v1/products/1')).status).toBe(429);
  });

  it.each([
    'null',
    'https://evil.example',
    'http://app.example',
    'https://app.example.evil.example',
    'https://app.example:444',
    'https://APP.example',
    'https://app.example/',
  ])('%s, which is not, may not', async (origin) => {
    expect((await ask(origin)).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('asks beforehand, and is told what it may send', async () => {
    const preflight = {
      origin: 'https://app.example',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,if-match',
    };
    const { status, headers } = await gateway.http.with(preflight).send('OPTIONS', '/v1/products/1');
    expect({ status, headers }).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-methods': expect.stringContaining('PATCH'),
        'access-control-allow-headers': 'authorization,if-match',
        'access-control-max-age': '600',
        'x-request-id': expect.any(String),
      },
    });
  });
});

describe('where pages of other origins are let in,', () => {
  const origin = { origin: 'https://app.example' };

  it('a route that there is not is still none, by whatever method', async () => {
    for (const method of ['GET', 'POST', 'OPTIONS', 'PROPFIND']) {
      const { status, headers, body } = await gateway.http.with(origin).send(method, '/nope');
      expect({ method, status, body }).toMatchObject({ method, status: 404, body: { type: '/problems/not-found' } });
      expect(headers.allow).toBeUndefined();
    }
  });

  it.each([{}, origin, { 'access-control-request-method': 'PATCH' }])(
    'an OPTIONS that asks nothing beforehand is answered as any method that a route has not: %j',
    async (headers) => {
      const answer = await gateway.http.with(headers).send('OPTIONS', '/v1/products');
      expect(answer).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD, POST', 'content-type': expect.stringContaining('application/problem+json') },
        body: { type: '/problems/method-not-allowed' },
      });
    },
  );

  it('OPTIONS * asks of no route', async () => {
    expect(await gateway.http.send('OPTIONS', '*')).toMatchObject({
      status: 404,
      body: { type: '/problems/not-found' },
    });
  });
});

it.each([
  '*',
  'null',
  'https://app.example/',
  'https://app.example/path',
  'app.example',
  'ftp://app.example',
  'https://APP.example',
])('%s is no origin to list', async (origin) => {
  await expect(startOwnGateway({ CORS_ORIGINS: origin })).rejects.toThrow(/origins/);
});

describe('a long answer', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; headers: IncomingHttpHeaders; bytes: Buffer }>((resolve, reject) => {
      request({ port: gateway.port, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) });
        });
      })
        .on('error', reject)
        .end();
    });
  const packing = (encodings: string) => ({ 'accept-encoding': encodings });
  const documents = ['/openapi.json', '/openapi-platform.json', '/docs/js/scalar.js'];

  it.each(documents)('such as %s is packed for those who ask, and is the same then', async (path) => {
    const [plain, packed] = await Promise.all([get(path), get(path, packing('br, gzip'))]);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': plain.headers['content-type'],
      vary: expect.stringMatching(/accept-encoding/i),
    });
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 3);
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
  });

  it.each(documents)('such as %s may be kept, and is not sent again to who has it', async (path) => {
    const [plain, packed] = await Promise.all([get(path), get(path, packing('gzip'))]);
    expect(plain.headers.etag).not.toBe(packed.headers.etag);
    for (const { headers } of [plain, packed]) {
      expect(headers['cache-control']).toMatch(/^public, max-age=\d+$/);
      const encoding = headers['content-encoding'];
      const held = await get(path, { 'if-none-match': headers.etag!, ...(encoding ? packing(encoding) : {}) });
      expect(held).toMatchObject({ status: 304, headers: { etag: headers.etag } });
      expect(held.bytes).toHaveLength(0);
    }
    expect(await get(path, { 'if-none-match': '"other"' })).toMatchObject({ status: 200 });
  });

  it.each(documents)('such as %s is packed once, by whichever name or sign that is asked for', async (path) => {
    const { headers, bytes } = await get(path, packing('gzip'));
    expect(headers.vary).toMatch(/^((?!accept-encoding).)*accept-encoding$/i);
    for (const encodings of ['*', 'x-gzip', 'br, *;q=0.1', 'identity;q=0, X-GZIP;q=0.5', 'gzip, *;q=0']) {
      const packed = await get(path, packing(encodings));
      const { etag, vary } = headers;
      expect(packed.headers).toMatchObject({ etag, vary, 'content-encoding': 'gzip' });
      expect(packed.headers['content-length']).toBe(String(bytes.length));
      expect(packed.bytes.equals(bytes)).toBe(true);
    }
  });

  it('is packed by nothing that was not asked for, and a short one never', async () => {
    for (const encodings of ['identity', 'gzip;q=0', 'gzip;q=0.0, br', 'xgzip', 'x-gzip;q=0, *', '*;q=0', '*;q=x'])
      expect((await get('/openapi.json', packing(encodings))).headers['content-encoding']).toBeUndefined();
    expect((await get('/openapi.json', packing('br;q=1, gzip;q=0.5'))).headers['content-encoding']).toBe('gzip');
    expect((await get('/problems/validation', packing('gzip'))).headers['content-encoding']).toBeUndefined();
  });

  it('is a problem where the request is none, as everywhere', async () => {
    const { status, headers } = await get('/openapi.json?a=1&a=2');
    expect({ status, type: headers['content-type'] }).toMatchObject({
      status: 400,
      type: expect.stringContaining('application/problem+json'),
    });
  });
});
