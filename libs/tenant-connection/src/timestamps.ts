import pg from 'pg';

/** `timestamptz` in pg_type. */
const timestamptz = 1184;
/** In UTC; of a fraction PostgreSQL leaves out the zeros at its end. */
const toMilliseconds = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,3})?\+00$/;

/** PostgreSQL's text of a time as RFC 3339 in UTC with milliseconds, without a Date in between where it need not be. */
export function toIsoTime(text: string): string {
  if (!toMilliseconds.test(text)) return new Date(text).toISOString();
  const fraction = text.slice(19, -3) || '.';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction.padEnd(4, '0')}Z`;
}

/** How values of prepared reads are read: as pg does, but times as the text that replies carry. */
export const readTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === timestamptz && format !== 'binary' ? toIsoTime : pg.types.getTypeParser(oid, format),
};
