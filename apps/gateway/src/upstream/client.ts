import type { Client } from '@tenantry/service-kit';
import type { FastifyRequest } from 'fastify';

const maxAgentLength = 200;
const unprintable = /[^\x20-\x7e]/g;

/** Where a request comes from: its address behind trusted proxies, and what the client calls itself, fit to stand in a header and a page. */
export function clientOf({ ip, headers }: Pick<FastifyRequest, 'ip' | 'headers'>): Client {
  const agent = headers['user-agent']?.replace(unprintable, '?').slice(0, maxAgentLength).trim();
  return { address: ip, agent: agent || undefined };
}
