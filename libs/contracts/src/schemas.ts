import { z } from 'zod';
import { isCommonPassword } from './common-passwords.js';

/** Marks a broken rule as "cannot be read" (400) rather than "breaks a rule of the field" (422). */
const malformed = (code: string) => ({ malformed: true, code });

const isStorableText = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

const storable = z.string().refine(isStorableText, {
  error: 'must not contain NUL or unpaired surrogates',
  params: malformed('unstorable-text'),
  abort: true,
});

/** Text PostgreSQL can store: no NUL and no lone surrogate. Lengths are UTF-16 code units. */
export const text = (min: number, max: number) => storable.min(min).max(max);

/** Control and format characters, zero-width and bidirectional ones among them, and separators of lines. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const seen = {
  error: 'must not contain characters that cannot be seen, or that change how others are shown',
  params: { code: 'unseen-character' },
};

/** A name that people tell from others by reading it: text, and all of it can be seen. */
export const name = (min: number, max: number) => text(min, max).refine((value) => !unseen.test(value), seen);

/** Without them some scripts (Persian, Sinhala, ...) cannot write some names; elsewhere than between letters they are nothing. */
const joiner = /(?<=[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}])/gu;

/** A name of a person: as any other, with zero-width joiners and non-joiners between letters. */
export const personName = (min: number, max: number) =>
  text(min, max).refine((value) => !unseen.test(value.replace(joiner, '')), seen);

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id: UUID of any version, as PostgreSQL reads and writes it (in lower case); ours are version 7 (RFC 9562). */
export const id = z
  .string()
  .refine((value) => uuid.test(value), { error: 'must be a UUID', params: malformed('invalid-id') })
  .toLowerCase()
  .meta({ format: 'uuid' });

/** RFC 3339 UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export const timestamp = z.iso.datetime({ precision: 3 });

/** A non-negative amount as a decimal string with at most 2 decimals: `numeric(12,2)`, never a float. */
export const money = z
  .string()
  .regex(/^(0|[1-9]\d{0,9})(\.\d{1,2})?$/, {
    error: 'must be a decimal string of 0 to 9999999999.99 with at most 2 decimals, such as "12.50"',
  })
  .meta({ examples: ['12.50'] });

/**
 * Nothing that a mailer reads as the list, the name, the group or the comment of addresses (RFC 5322, 3.4): to it `a,me@x.yy` are two, and
 * the mail goes to somebody who never gave the address.
 */
const unaddressed = String.raw`\s\u0000-\u001f\u007f-\u009f@,:;<>()\[\]"\\`;
const oneAddress = new RegExp(`^[^${unaddressed}]+@[^${unaddressed}.]+(\\.[^${unaddressed}.]+)+$`, 'u');

/** An e-mail address: trimmed, NFC, lower-cased, so that one address has one spelling. At most 254 characters (RFC 5321). */
export const email = text(3, 254)
  .trim()
  .normalize('NFC')
  .toLowerCase()
  .regex(oneAddress, { error: 'must be an e-mail address' })
  .meta({ format: 'email' });

const passwordLength = { min: 12, max: 256 };

/**
 * A password on its way in: 12 to 256 characters, brought to NFKC before anything is done with it (NIST SP 800-63B). They are counted as typed,
 * and then as hashed: normalising makes one of two, or eighteen of one.
 */
export const password = storable
  .min(passwordLength.min, { abort: true })
  .max(passwordLength.max, { abort: true })
  .normalize('NFKC')
  .min(passwordLength.min)
  .max(passwordLength.max)
  .refine((value) => !isCommonPassword(value), {
    error: 'is one of the passwords that are guessed first',
    params: { code: 'common-password' },
  })
  .meta({ format: 'password', writeOnly: true });

/** A page of a list. `nextCursor` is null on the last one. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ data: z.array(item), nextCursor: z.string().nullable() });

/** What every list takes. */
export const paging = {
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().max(2048).optional(),
};

/** `sort` of a list: each of its orders, and each with `-` for the other direction. */
export const sortBy = <Field extends string>(...fields: readonly Field[]) =>
  z.enum([...fields, ...fields.map((field) => `-${field}` as const)]);

/** A reply with no body (204). */
export const nothing = z.null();
