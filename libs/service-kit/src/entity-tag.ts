import { currentRequest } from './request-context.js';
import { ServiceError } from './service-error.js';

/** The strong entity tag (RFC 9110, 8.8.3) of one version of one thing. */
export const entityTag = (id: string, version: number): string => `"${id}.${version}"`;

/** As {@link entityTag} writes it; a version has at most nine digits, which PostgreSQL's integer holds. */
const ownTag = /^"([0-9a-f-]{36})\.(\d{1,9})"$/;

/**
 * Versions of `id` that the `If-Match` of the request being worked on names (RFC 9110, 13.1.1); null when any will do: `*`, or no
 * condition. A weak tag names none, nor does a tag of another thing or one that nobody gave out.
 *
 * Compare in the statement that writes (`version = ANY (...)`), so that of two writers one is refused.
 */
export function wantedVersions(id: string): readonly number[] | null {
  const ifMatch = currentRequest()?.ifMatch?.trim();
  if (ifMatch === undefined || ifMatch === '*') return null;
  return ifMatch.split(',').flatMap((tag) => {
    const [, taggedId, version] = ownTag.exec(tag.trim()) ?? [];
    return taggedId === id ? [Number(version)] : [];
  });
}

/** What a write is refused with that found the thing, but in no version that is wanted. */
export const preconditionFailed = (): ServiceError =>
  new ServiceError('precondition-failed', 'This has changed since the version that If-Match names.');

/** What a write without its condition is refused with, at the edge and in the service. */
export const preconditionRequired = (): ServiceError =>
  new ServiceError('precondition-required', 'Send If-Match with the ETag of what is to be written.');
