import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { selfSigned } from '../test/certificate.js';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';
import { sendBytes } from '../test/wire.js';

const { key, cert } = selfSigned();
let folder: string;
let plain: OwnGateway;
let both: OwnGateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenantry-tls-'));
  writeFileSync(join(folder, 'key.pem'), key);
  writeFileSync(join(folder, 'cert.pem'), cert);
  const files = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
  plain = await startOwnGateway(files);
  both = await startOwnGateway({ ...files, HTTP2: 'on', BASE_DOMAIN: 'localhost' });
});
afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await both[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const get = (port: number, path: string) =>
  new Promise<{ status: number | undefined; headers: object }>((resolve, reject) => {
    request({ port, path, ca: cert, servername: 'localhost' }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });

function askOverHttp2(
  path: string,
  headers: object = {},
  body = '',
): Promise<{ headers: IncomingHttpHeaders; text: string }> {
  const session = connectHttp2(`https://localhost:${both.port}`, { ca: cert });
  return new Promise((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({ ':path': path, ...headers }, { endStream: body === '' });
    let answer: IncomingHttpHeaders = {};
    let text = '';
    stream.on('response', (given) => (answer = given));
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('error', reject);
    if (body) stream.end(body);
    stream.on('end', () => {
      session.close();
      resolve({ headers: answer, text });
    });
  });
}

const agree = (port: number, offered: string[], maxVersion: 'TLSv1.1' | 'TLSv1.3' = 'TLSv1.3') =>
  new Promise<string | false | null>((resolve, reject) => {
    const socket = connect(
      { port, ca: cert, servername: 'localhost', ALPNProtocols: offered, maxVersion, minVersion: 'TLSv1' },
      () => {
        resolve(socket.alpnProtocol);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });

describe('a gateway with a certificate', () => {
  it('speaks HTTP/1.1 within TLS, and tells browsers to ask for nothing else', async () => {
    expect(await get(plain.port, '/problems')).toMatchObject({
      status: 200,
      headers: { 'strict-transport-security': expect.stringMatching(/^max-age=\d{7,}/) },
    });
  });

  it('answers nothing without TLS', async () => {
    const { text } = await sendBytes(plain.port, 'GET /problems HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(text).not.toContain('200');
  });

  it('takes no TLS before 1.2', async () => {
    await expect(agree(plain.port, [], 'TLSv1.1')).rejects.toThrow();
  });

  it('agrees on HTTP/2 only where it is on, and falls back to HTTP/1.1', async () => {
    expect(await agree(both.port, ['h2', 'http/1.1'])).toBe('h2');
    expect(await agree(both.port, ['http/1.1'])).toBe('http/1.1');
    expect(await agree(plain.port, ['h2', 'http/1.1'])).toBe('http/1.1');
    expect(await get(both.port, '/problems')).toMatchObject({ status: 200 });
  });
});

it('leaves though a client keeps its HTTP/2 session open', async () => {
  const files = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
  const leaving = await startOwnGateway({ ...files, HTTP2: 'on' });
  const session = connectHttp2(`https://localhost:${leaving.port}`, { ca: cert });
  await once(session, 'remoteSettings');
  const ended = once(session, 'close');
  const begunAt = performance.now();
  await leaving[Symbol.asyncDispose]();
  await ended;
  expect(performance.now() - begunAt).toBeLessThan(5000);
});

describe('over HTTP/2', () => {
  it('answers are the same, headers and all', async () => {
    const { headers, text } = await askOverHttp2('/problems/validation');
    expect(headers).toMatchObject({
      ':status': 200,
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
      ratelimit: expect.any(String),
    });
    expect(JSON.parse(text)).toMatchObject({ code: 'validation' });
  });

  it('failures are problems', async () => {
    const { headers, text } = await askOverHttp2('/nope');
    expect(headers).toMatchObject({ ':status': 404, 'content-type': expect.stringContaining('problem+json') });
    expect(JSON.parse(text)).toMatchObject({ type: '/problems/not-found' });
  });

  it('the subdomain names the tenant as it does over HTTP/1.1', async () => {
    const authority = { ':authority': 'globex.localhost', ':method': 'POST', 'content-type': 'application/json' };
    const { text } = await askOverHttp2('/v1/auth/login', { ...authority, 'x-tenant': 'acme' }, '{}');
    expect(JSON.parse(text)).toMatchObject({ type: '/problems/tenant-mismatch' });
  });

  it('two hosts are refused', async () => {
    const { headers } = await askOverHttp2('/problems', { ':authority': 'a.localhost', host: 'b.localhost' });
    expect(headers).toMatchObject({ ':status': 400 });
  });

  it('a host that is none is refused, as over HTTP/1.1', async () => {
    for (const authority of ['%', '[', 'a:65536']) {
      const { headers, text } = await askOverHttp2('/docs/', { ':authority': authority });
      expect({ authority, headers }).toMatchObject({ authority, headers: { ':status': 400 } });
      expect(JSON.parse(text)).toMatchObject({ type: '/problems/bad-request' });
    }
  });

  it('a target that is no path of ours is refused', async () => {
    expect((await askOverHttp2('/%70roblems')).headers).toMatchObject({ ':status': 400 });
  });

  it('a tunnel is refused as a problem, and its stream ends', async () => {
    const session = connectHttp2(`https://localhost:${both.port}`, { ca: cert });
    const stream = session.request(
      { ':method': 'CONNECT', ':authority': 'elsewhere.example:443' },
      { endStream: false },
    );
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const closed = once(stream, 'close');
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    await closed;
    session.destroy();
    expect(headers).toMatchObject({
      ':status': 405,
      'content-type': 'application/problem+json',
      'x-request-id': expect.any(String),
      allow: expect.stringContaining('GET'),
    });
    expect(JSON.parse(text)).toMatchObject({ type: '/problems/method-not-allowed', status: 405 });
    expect(stream.rstCode).toBe(0);
  });

  it('who may not ask is told so before the body is here', async () => {
    const session = connectHttp2(`https://localhost:${both.port}`, { ca: cert });
    const stream = session.request({ ':method': 'POST', ':path': '/v1/products', 'content-type': 'application/json' });
    stream.write('{"name": ');
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    session.destroy();
    expect(headers).toMatchObject({ ':status': 401 });
  });

  it('a body that trickles in ends with its stream after 15 s, and the others on the connection go on', async () => {
    const session = connectHttp2(`https://localhost:${both.port}`, { ca: cert });
    const login = { ':method': 'POST', ':path': '/v1/auth/login', 'x-tenant': '-', 'content-type': 'application/json' };
    const slow = session.request(login);
    const begunAt = performance.now();
    const drip = setInterval(() => slow.write(' '), 500);
    slow.on('error', () => undefined);
    slow.resume();
    await once(slow, 'close');
    clearInterval(drip);
    const tookMs = performance.now() - begunAt;
    const quick = session.request({ ':path': '/problems/validation' });
    const [headers] = (await once(quick, 'response')) as [IncomingHttpHeaders];
    session.destroy();
    expect(headers).toMatchObject({ ':status': 200 });
    expect(tookMs).toBeGreaterThan(10_000);
    expect(tookMs).toBeLessThan(25_000);
  }, 40_000);
});
