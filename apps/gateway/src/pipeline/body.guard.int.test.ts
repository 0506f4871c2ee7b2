import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';
import { sendBytes } from '../test/wire.js';

let gateway: OwnGateway;
beforeAll(async () => void (gateway = await startOwnGateway()));
afterAll(async () => gateway[Symbol.asyncDispose]());

const head = (path: string, ...headers: string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', ...headers, '', ''].join('\r\n');
const announced = 'Content-Length: 1000000';
const login = '/v1/auth/login';
/** No name that a tenant can have: a login is refused for it only after its body, so that nobody learns which tenants there are. */
const anyTenant = 'X-Tenant: -';

/** Ten bytes of the body, and then no more. */
const begin = (path: string, ...headers: string[]) => sendBytes(gateway.port, head(path, ...headers) + '{"email": ');

describe('who must not ask is told so before the body is here:', () => {
  it('without a token', async () => {
    expect(await begin('/v1/products', announced, 'Connection: close')).toMatchObject({ status: 401 });
  });

  it('in no tenant', async () => {
    expect(await begin(login, announced, 'Connection: close')).toMatchObject({ status: 404 });
  });

  it('once too often', async () => {
    const strict = await startOwnGateway({ ADDRESS_REQUESTS_PER_MINUTE: '1' });
    await strict.http.get('/problems');
    const late = await sendBytes(strict.port, head(login, announced, anyTenant, 'Connection: close') + '{');
    await strict[Symbol.asyncDispose]();
    expect(late).toMatchObject({ status: 429 });
  });

  it('and what is sent in chunks without an end is not waited for', async () => {
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const { status, text, tookMs } = await sendBytes(
      gateway.port,
      head('/v1/products', 'Transfer-Encoding: chunked') + chunk,
      { more: chunk, everyMs: 50 },
    );
    expect({ status, text }).toMatchObject({ status: 401, text: expect.stringMatching(/connection: close/i) });
    expect(tookMs).toBeLessThan(10_000);
  });
});

describe('who may ask', () => {
  it('is told that a body is too large by what its headers say', async () => {
    expect(await begin(login, anyTenant, 'Content-Length: 1048577')).toMatchObject({ status: 413 });
  });

  it('and by what comes, where they say nothing', async () => {
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`;
    const chunked = head(login, anyTenant, 'Transfer-Encoding: chunked');
    const answer = await sendBytes(gateway.port, chunked, { more: chunk, everyMs: 5 });
    expect(answer).toMatchObject({ status: 413 });
  });

  it('keeps the connection after a refusal, when the body has come', async () => {
    const refused = `${head(login, 'Content-Length: 2')}{}`;
    const closing = head('/problems', 'Connection: close').replace('POST', 'GET');
    const { text } = await sendBytes(gateway.port, refused + closing);
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
  });

  it('is asked for a body that is kept back, and nobody else is (RFC 9110, 10.1.1)', async () => {
    expect(await keepBack({ 'x-tenant': '-' })).toEqual({ wasAsked: true, status: 422 });
    expect(await keepBack()).toEqual({ wasAsked: false, status: 404 });
  });
});

/** A login whose body is sent only when it is asked for. */
const keepBack = (headers = {}) =>
  new Promise<{ wasAsked: boolean; status: number | undefined }>((resolve, reject) => {
    let wasAsked = false;
    const waiting = request({
      port: gateway.port,
      method: 'POST',
      path: login,
      agent: false,
      headers: { expect: '100-continue', 'content-type': 'application/json', 'content-length': 2, ...headers },
    });
    waiting.on('continue', () => {
      wasAsked = true;
      waiting.end('{}');
    });
    waiting.on('response', ({ statusCode: status }) => {
      waiting.destroy();
      resolve({ wasAsked, status });
    });
    waiting.on('error', reject);
    waiting.flushHeaders();
  });
