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
 * Says in the answer how much is left (draft-ietf-httpapi-ratelimit-headers); at once, where the count is known at once.
 * @throws ServiceError `rate-limited` where nothing is.
 */
export function admit(
  limit: Limit,
  count: Count | Promise<Count>,
  reply: FastifyReply,
  refusals: Refusals,
): true | Promise<true> {
  return count instanceof Promise
    ? count.then((known) => admitKnown(limit, known, reply, refusals))
    : admitKnown(limit, count, reply, refusals);
}

function admitKnown(
  { throttler, limit, windowMs }: Limit,
  count: Count,
  reply: FastifyReply,
  refusals: Refusals,
): true {
  const seconds = windowMs / 1000;
  reply.header('ratelimit-policy', `"${throttler}";q=${limit};w=${seconds}`);
  reply.header('ratelimit', `"${throttler}";r=${Math.max(0, limit - count.totalHits)};t=${count.timeToExpire}`);
  if (!count.isBlocked) return true;
  refusals.count(throttler);
  const retryAfterSeconds = count.timeToBlockExpire;
  throw new ServiceError('rate-limited', `More than ${limit} requests in ${seconds} s.`, { retryAfterSeconds });
}
