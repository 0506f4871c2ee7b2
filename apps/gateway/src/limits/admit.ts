import type { ThrottlerStorage } from '@nestjs/throttler';
import { ServiceError } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import type { Refusals } from './refusals.js';

interface Limit {
  readonly throttler: string;
  readonly limit: number;
  readonly windowMs: number;
}

type Count = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Says in the answer how much is left (draft-ietf-httpapi-ratelimit-headers).
 * @throws ServiceError `rate-limited` where nothing is.
 */
export function admit(
  { throttler, limit, windowMs }: Limit,
  count: Count,
  reply: FastifyReply,
  refusals: Refusals,
): void {
  const seconds = windowMs / 1000;
  reply.header('ratelimit-policy', `"${throttler}";q=${limit};w=${seconds}`);
  reply.header('ratelimit', `"${throttler}";r=${Math.max(0, limit - count.totalHits)};t=${count.timeToExpire}`);
  if (!count.isBlocked) return;
  refusals.count(throttler);
  const retryAfterSeconds = count.timeToBlockExpire;
  throw new ServiceError('rate-limited', `More than ${limit} requests in ${seconds} s.`, { retryAfterSeconds });
}
