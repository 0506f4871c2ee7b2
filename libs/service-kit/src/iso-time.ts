/**
 * A column's transformer (TypeORM's `ValueTransformer`) for `timestamptz`: times leave the database as the text that replies carry,
 * RFC 3339 in UTC with milliseconds.
 */
export const isoTime = {
  from: (time: Date | null): string | null => time?.toISOString() ?? null,
  to: (time: string | null | undefined): string | null | undefined => time,
};
