import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@tenantry/contracts';
import { type Client, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { expectProblem, expectProperAnswer } from './problem.js';
import { sendBytes } from './wire.js';

const unknownId = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const json = { 'content-type': 'application/json' };
const megabyte = 1024 * 1024;
const good = { name: 'Anvil', price: '12.50' };
const nested = (depth: number): string => `{"name":"a","price":"1","x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const wide = (keys: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, n])));

/** What a request that cannot be read, or is not allowed, is told. */
export const hostileRequests = (stack: () => Stack): void => {
  let tenant: StackTenant;
  let admin: Client;

  beforeAll(async () => {
    tenant = await createTenant(stack());
    admin = tenant.admin;
  });

  describe('a body', () => {
    it.each<[string, string | Uint8Array, ErrorCode]>([
      ['broken JSON', '{"name":', 'bad-request'],
      ['nothing', '', 'bad-request'],
      ['an array', '[]', 'bad-request'],
      ['null', 'null', 'bad-request'],
      ['a NUL in a text', '{"name":"a\\u0000b","price":"1"}', 'bad-request'],
      ['a NUL byte', '{"name":"a\0b","price":"1"}', 'bad-request'],
      ['a lone surrogate', '{"name":"a\\ud800","price":"1"}', 'bad-request'],
      ['no UTF-8', Buffer.from('{"name":"a\xff\xfe","price":"1"}', 'latin1'), 'bad-request'],
      ['an unknown field', JSON.stringify({ ...good, tenantId: unknownId }), 'bad-request'],
      ['__proto__', '{"name":"a","price":"1","__proto__":{"active":false}}', 'bad-request'],
      ['constructor', '{"name":"a","price":"1","constructor":{"prototype":{"x":1}}}', 'bad-request'],
      ['a number for a price', '{"name":"a","price":1}', 'bad-request'],
      ['no whole number', JSON.stringify({ ...good, stockQuantity: 1.5 }), 'bad-request'],
      ['a number beyond all', '{"name":"a","price":"1","stockQuantity":1e400}', 'bad-request'],
      ['100,000 arrays in each other', nested(100_000), 'bad-request'],
      ['60,000 fields', wide(60_000), 'bad-request'],
      ['a bad id', JSON.stringify({ ...good, managedBy: 'me' }), 'bad-request'],
      ['a negative price', JSON.stringify({ ...good, price: '-1' }), 'validation'],
      ['a price out of range', JSON.stringify({ ...good, price: '10000000000' }), 'validation'],
      ['a stock out of range', JSON.stringify({ ...good, stockQuantity: 2 ** 31 }), 'validation'],
      ['an empty name', JSON.stringify({ ...good, name: '' }), 'validation'],
      ['no name', JSON.stringify({ price: '1' }), 'validation'],
      ['one byte more than a megabyte', 'x'.repeat(megabyte + 1), 'payload-too-large'],
    ])('with %s is refused', async (_, bytes, code) => {
      expectProblem(await admin.send('POST', '/v1/products', bytes, json), code);
    });

    it('of a megabyte in pieces of unknown length is refused once it is too large', async () => {
      const head = `POST /v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${tenant.accessToken}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      expectProblem(await sendBytes(stack(), head + piece.repeat(17)), 'payload-too-large');
    });

    it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/jsonx', 'nonsense'])(
      'of type %s is refused',
      async (type) => {
        const bytes = JSON.stringify(good);
        expectProblem(
          await admin.send('POST', '/v1/products', bytes, { 'content-type': type }),
          'unsupported-media-type',
        );
      },
    );

    it('without a type is refused', async () => {
      expectProblem(await admin.send('POST', '/v1/products', JSON.stringify(good)), 'unsupported-media-type');
    });

    it('names every field that is wrong, and repeats no value', async () => {
      const answer = await admin.post('/v1/products', { price: 'secret-value', stockQuantity: -1 });
      expectProblem(answer, 'validation');
      const pointers = (answer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
      expect(pointers.toSorted()).toEqual(['/name', '/price', '/stockQuantity']);
      expect(answer.text).not.toContain('secret-value');
    });

    it('cannot say again what stands in the path', async () => {
      expectProblem(await admin.patch(`/v1/products/${unknownId}`, { id: unknownId }), 'bad-request');
    });
  });

  describe('a query', () => {
    it.each<[string, string, ErrorCode]>([
      ['a parameter twice', '?limit=1&limit=2', 'bad-request'],
      ['an unknown parameter', '?page=2', 'bad-request'],
      ['__proto__', '?__proto__=1', 'bad-request'],
      ['constructor', '?constructor=1', 'bad-request'],
      ['a text for a number', '?limit=ten', 'bad-request'],
      ['a number in another notation', '?limit=0x10', 'bad-request'],
      ['no number', '?limit=', 'bad-request'],
      ['a limit of 0', '?limit=0', 'validation'],
      ['a limit of 101', '?limit=101', 'validation'],
      ['a cursor nobody was given', '?cursor=abc', 'invalid-cursor'],
    ])('with %s is refused', async (_, query, code) => {
      expectProblem(await admin.get(`/v1/products${query}`), code);
    });

    it('is not repeated', async () => {
      expect((await admin.get('/v1/products?access_token=secret')).body).toMatchObject({ instance: '/v1/products' });
    });

    it('is refused where there is a body', async () => {
      expectProblem(await admin.send('POST', '/v1/products?limit=1', JSON.stringify(good), json), 'bad-request');
    });
  });

  describe('a path', () => {
    it.each(['/', '/nope', '/v1', '/v1/nope', '/v1/productsx', '/v1/products/1/2', '*'])(
      '%s is not found',
      async (path) => {
        expectProblem(await admin.get(path), 'not-found');
      },
    );

    it.each(['1', unknownId.slice(1), `${unknownId}0`, '%00', '..%2f', `{${unknownId}}`])(
      'with the id %s is refused',
      async (id) => {
        expectProblem(await admin.get(`/v1/products/${id}`), 'bad-request');
      },
    );

    it.each(['/v1/products/%zz', '/v1/%c0%af'])('%s, which no text was encoded to, is refused', async (path) => {
      expectProblem(await admin.get(path), 'bad-request');
    });

    it('of 10,000 or 20,000 characters is refused', async () => {
      for (const length of [10_000, 20_000]) {
        expectProblem(await admin.get(`/v1/products/${'a'.repeat(length)}`), 'headers-too-large');
      }
    });

    it.each(['http://elsewhere.example/v1/products', '/v1/%70roducts', '/v1/products#x'])(
      '%s does nothing, whoever asks',
      async (path) => {
        expectProblem(await admin.send('POST', path, JSON.stringify(good), json), 'bad-request');
        expect((await admin.get('/v1/products')).body).toMatchObject({ data: [] });
      },
    );

    it.each([
      '//v1/products',
      '/v1//products',
      '/v1/products/',
      '/v1/%70roducts',
      '/%76%31/products',
      '/v1%2fproducts',
      '/V1/PRODUCTS',
      '/v1/./products',
      '/v1/x/../products',
      '/v1/products;x=1',
      '/v1/products#x',
      '/v1/products%20',
      '/v1/products%00',
      '/v1\\products',
      'http://elsewhere.example/v1/products',
    ])('%s is no other name of a route', async (path) => {
      const answer = await admin.get(path);
      expectProblem(answer, answer.status === 404 ? 'not-found' : 'bad-request');
    });
  });

  describe('a method', () => {
    it.each(['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
      '%s that a route does not have is told which it has',
      async (method) => {
        const answer = await admin.send(method, '/v1/products');
        expectProblem(answer, 'method-not-allowed');
        expect(answer.headers.allow).toBe('GET, HEAD, POST');
      },
    );

    it('HEAD answers as GET without a body', async () => {
      const answer = await admin.send('HEAD', '/v1/products');
      expect(answer).toMatchObject({ status: 200, text: '' });
      expectProperAnswer(answer);
    });
  });

  describe('headers', () => {
    it('larger than 16 KB are refused', async () => {
      expectProblem(await admin.with({ 'x-large': 'a'.repeat(17_000) }).get('/v1/products'), 'headers-too-large');
    });

    it('that mean something inside mean nothing from outside', async () => {
      const other = await createTenant(stack());
      await other.admin.post('/v1/products', { ...good, name: 'of another' });
      const plain = await admin.get('/v1/products');
      const inner = { 'tenant-id': other.id, context: 'x', deadline: '0', 'request-id': 'x', status: '500' };
      const forwarded = {
        'x-forwarded-host': `${other.slug}.example`,
        'x-forwarded-for': '1.2.3.4',
        'x-tenant-id': other.id,
      };
      const answer = await admin.with({ ...inner, ...forwarded }).get('/v1/products');
      expect(answer).toMatchObject({ status: 200, body: plain.body });
    });

    it('keep a fit request id, and replace an unfit one', async () => {
      for (const id of ['abcdefgh', 'A_-9'.repeat(16)]) {
        const answer = await stack().http.with({ 'x-request-id': id }).get('/nope');
        expect(answer).toMatchObject({ headers: { 'x-request-id': id }, body: { requestId: id } });
      }
      for (const id of ['short', 'a'.repeat(65), 'with space', 'a"b<script>']) {
        const answer = await stack().http.with({ 'x-request-id': id }).get('/nope');
        expect(answer.headers['x-request-id']).not.toBe(id);
        expectProblem(answer, 'not-found');
      }
    });

    it('of a stranger page give it nothing to read', async () => {
      for (const origin of ['https://evil.example', 'null']) {
        const answer = await admin.with({ origin }).get('/v1/products');
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      }
    });
  });

  describe('bytes', () => {
    it.each([
      ['that are no HTTP', '\x16\x03\x01\x02\x00\x01\r\n\r\n'],
      ['with an unknown method', 'FOO /v1/products HTTP/1.1\r\nHost: x\r\n\r\n'],
      ['without a Host', 'GET /v1/products HTTP/1.1\r\nConnection: close\r\n\r\n'],
      [
        'of two lengths',
        'POST /v1/products HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      [
        'with two Content-Length',
        'POST /v1/products HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n',
      ],
      ['with a folded header', 'GET /v1/products HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n'],
      ['with two Host', 'GET /v1/products HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n'],
      [
        'with two Authorization',
        'GET /v1/products HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\nConnection: close\r\n\r\n',
      ],
      [
        'in a transfer coding beside chunked',
        'POST /v1/products HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
      ],
      ['that ask for a tunnel', 'CONNECT example.com:80 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ])('%s are refused', async (_, bytes) => {
      expectProblem(await sendBytes(stack(), bytes), 'bad-request');
    });

    it('with an expectation nobody knows are answered like any', async () => {
      const bytes = 'GET /v1/products HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n';
      expectProblem(await sendBytes(stack(), bytes), 'unauthenticated');
    });
  });
};
