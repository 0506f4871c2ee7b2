import { describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { networkOf } from '@tenantry/service-kit';
import { GatewayConfig } from '../config.js';
import { createServer } from './server.js';

const proxies = '10.0.0.0/8, 192.0.2.1, 2001:db8:aaaa::/48';

/** Whom the gateway takes for the client of a request that came from `peer` with this X-Forwarded-For. */
async function clientOf(peer: string, forwarded: string | string[] | undefined, trusted = proxies): Promise<string> {
  const config = GatewayConfig.parse({ REDIS_URL: 'redis://127.0.0.1:1', TRUSTED_PROXIES: trusted });
  const server = createServer(config).getInstance<FastifyInstance>();
  server.get('/address', (request) => ({ address: request.ip }));
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded as string };
  const answer = await server.inject({ url: '/address', remoteAddress: peer, headers });
  await server.close();
  return answer.json<{ address: string }>().address;
}

describe('the client of a request', () => {
  it.each<[string, string, string | string[] | undefined, string]>([
    ['is the peer', '198.51.100.7', undefined, '198.51.100.7'],
    ['is the peer, whatever it says, where that is no proxy of ours', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['is not a proxy of ours because a stranger says so', '198.51.100.7', '10.0.0.1', '198.51.100.7'],
    ['is whom a trusted proxy names', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['is the right-most that is no proxy of ours', '10.1.2.3', '1.2.3.4, 203.0.113.9, 192.0.2.1', '203.0.113.9'],
    ['is not whom the client itself named before', '10.1.2.3', '10.9.9.9, 203.0.113.9', '203.0.113.9'],
    ['is found in several headers as in one', '10.1.2.3', ['1.2.3.4', '203.0.113.9, 10.7.7.7'], '203.0.113.9'],
    ['is the left-most where all are proxies', '10.1.2.3', '10.5.5.5, 192.0.2.1', '10.5.5.5'],
    ['is the proxy itself where it names nobody', '10.1.2.3', undefined, '10.1.2.3'],
    ['comes by IPv6', '2001:db8:aaaa::5', '2001:db8:ffff::9', '2001:db8:ffff::9'],
    ['is not named by a neighbour of a proxy', '2001:db8:aaab::5', '203.0.113.9', '2001:db8:aaab::5'],
    ['is named by a proxy of IPv4 that comes as one of IPv6', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
  ])('%s: from %s, forwarded for %j', async (_, peer, forwarded, expected) => {
    expect(await clientOf(peer, forwarded)).toBe(expected);
  });

  it('is the peer where no proxy is trusted', async () => {
    expect(await clientOf('127.0.0.1', '203.0.113.9', '')).toBe('127.0.0.1');
  });

  it('is one, for the limits, with its neighbours of an IPv6 network, through a proxy as well', async () => {
    const [one, other, stranger] = await Promise.all(
      ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:3::1'].map((from) => clientOf('10.1.2.3', from)),
    );
    expect(networkOf(one!)).toBe(networkOf(other!));
    expect(networkOf(one!)).not.toBe(networkOf(stranger!));
  });

  it('is nobody where what is to be trusted is no address: the gateway does not start', () => {
    const config = GatewayConfig.parse({ REDIS_URL: 'redis://127.0.0.1:1', TRUSTED_PROXIES: 'proxy.example' });
    expect(() => createServer(config)).toThrow(/proxy\.example/);
  });
});
