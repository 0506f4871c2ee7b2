import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type OwnGateway, startOwnGateway } from '../test/own-gateway.js';

/** A gateway that lets so much through from one address: nobody's yet, as its proxy says. */
async function limitedTo(limit: number, more = {}): Promise<OwnGateway & { readonly from: string }> {
  const env = { TRUSTED_PROXIES: '127.0.0.1', ADDRESS_REQUESTS_PER_MINUTE: String(limit), ...more };
  const from = `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`;
  return Object.assign(await startOwnGateway(env), { from });
}

/** None ends while requests are counted. */
async function inOneWindow(): Promise<void> {
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs < 10_000) await new Promise((resolve) => setTimeout(resolve, leftMs + 100));
}

describe('the limit of an address', () => {
  it.each(['/openapi.json', '/openapi-platform.json', '/docs/', '/docs/js/scalar.js', '/nope', '/v1/products'])(
    'counts %s as anything else',
    async (path) => {
      await inOneWindow();
      await using gateway = await limitedTo(5);
      const http = gateway.http.with({ 'x-forwarded-for': gateway.from });
      for (let sent = 0; sent < 5; sent++) {
        const answer = await http.get(path);
        expect(answer.status).not.toBe(429);
        expect(answer.headers['ratelimit']).toMatch(new RegExp(`^"address";r=${4 - sent};t=\\d+$`));
      }
      expect(await http.get(path)).toMatchObject({
        status: 429,
        body: { type: '/problems/rate-limited', instance: path },
        headers: {
          'ratelimit-policy': '"address";q=5;w=60',
          ratelimit: expect.stringMatching(/^"address";r=0;t=\d+$/),
          'retry-after': expect.stringMatching(/^\d+$/),
          'x-request-id': expect.any(String),
        },
      });
      expect((await http.send('PUT', '/problems')).status).toBe(429);
    },
    30_000,
  );

  // Without Redis it counts for itself: other tests come from this address, too.
  it.each([
    ['nobody', { TRUSTED_PROXIES: '', REDIS_URL: 'redis://127.0.0.1:1' }],
    ['the proxy, which names it last,', {}],
  ])(
    'is not evaded by what a client says of itself where %s is believed',
    async (_, env) => {
      await inOneWindow();
      await using gateway = await limitedTo(50, env);
      const statuses = [];
      for (let sent = 0; sent < 100; sent++) {
        const claims = {
          'x-forwarded-for': `198.51.100.${sent}, ${gateway.from}`,
          'x-real-ip': `198.51.100.${sent}`,
          'x-client-ip': `198.51.100.${sent}`,
          'cf-connecting-ip': `198.51.100.${sent}`,
          forwarded: `for=198.51.100.${sent}`,
          'x-tenant': `t-${sent}`,
          'user-agent': randomUUID(),
          'x-request-id': randomUUID(),
        };
        statuses.push((await gateway.http.with(claims).get('/problems/validation')).status);
      }
      expect(statuses).toEqual([...Array<number>(50).fill(200), ...Array<number>(50).fill(429)]);
    },
    30_000,
  );
});
