import type { z } from 'zod';
import type { Issuer } from './context.js';

/** What one service tells every instance that it concerns, at once; who misses it asks. Made by {@link notice} only. */
export interface Notice<Content extends z.ZodType = z.ZodType> {
  /** `state.<what>`. */
  readonly subject: string;
  /** Whose word it is: signed by one of its instances, under whatever subject it comes. */
  readonly teller: Issuer;
  readonly content: Content;
}

/** The `typ` of a signed notice (a JWT, RFC 7519, EdDSA; `aud` is its subject, `notice` its content), so that no other token passes for one. */
export const noticeType = 'notice+jwt';

/** How long a notice is believed, in seconds: told again later it says nothing that was not asked for meanwhile. */
export const noticeLifetimeSeconds = 60;

const subjectForm = /^state\.[a-z][a-z0-9-]*$/;

/**
 * Declares a notice once, for both ends.
 * @throws TypeError when the subject is not `state.<what>`
 */
export function notice<Content extends z.ZodType>(subject: string, teller: Issuer, content: Content): Notice<Content> {
  if (!subjectForm.test(subject)) throw new TypeError(`subject '${subject}' is not state.<what>`);
  return Object.freeze({ subject, teller, content });
}
