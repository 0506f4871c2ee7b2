import type { z } from 'zod';

/** A question that every instance hears, and each answers for itself. Made by {@link survey} only. */
export interface Survey<Reply extends z.ZodType = z.ZodType> {
  /** `instances.<what>`. */
  readonly subject: string;
  readonly reply: Reply;
}

const subjectForm = /^instances\.[a-z][a-z0-9-]*$/;

/**
 * Declares a survey once, for both ends.
 * @throws TypeError when the subject is not `instances.<what>`
 */
export function survey<Reply extends z.ZodType>(subject: string, reply: Reply): Survey<Reply> {
  if (!subjectForm.test(subject)) throw new TypeError(`subject '${subject}' is not instances.<what>`);
  return Object.freeze({ subject, reply });
}
