import { ServiceError } from '@tenantry/service-kit';
import type { FastifyRequest } from 'fastify';

const maxLength = 500;
/** The extended form of RFC 8187 (3.2), for what is not plain ASCII. */
const extended = /^UTF-8''(.*)$/i;
const unfit = /[\p{Cc}\p{Cs}]/u;

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return '\0';
  }
}

/** Why an operator does it, as `X-Reason` says: plain text, or `UTF-8''` and percent-encoded text; null for one that cannot be read. */
function read(given: string): string | null {
  const encoded = extended.exec(given)?.[1];
  const reason = encoded === undefined ? given : decode(encoded);
  return reason.length > maxLength || unfit.test(reason) ? null : reason;
}

const givenBy = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined => {
  const given = headers['x-reason'];
  return typeof given === 'string' && given !== '' ? given : undefined;
};

/** The operator's reason, where there is one that can be read: what is refused anyway is not refused for that. */
export function findReason(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  const given = givenBy(request);
  return given === undefined ? undefined : (read(given) ?? undefined);
}

/**
 * The operator's reason, where there is one.
 * @throws ServiceError `bad-request` for one that cannot be read, or is longer than 500 characters.
 */
export function reasonOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  const reason = findReason(request);
  if (reason !== undefined || givenBy(request) === undefined) return reason;
  const error = { pointer: '/X-Reason', code: 'invalid', message: `must be text of at most ${maxLength} characters` };
  throw new ServiceError('bad-request', 'The header X-Reason cannot be read.', { errors: [error] });
}
