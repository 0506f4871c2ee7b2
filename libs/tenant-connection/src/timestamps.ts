import pg from 'pg';

/** `timestamptz` in pg_type. */
const timestamptz = 1184;
const withMilliseconds = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+00$/;

/** PostgreSQL's text of a time as RFC 3339 in UTC with milliseconds, without a Date in between where it need not be. */
export const toIsoTime = (text: string): string =>
  withMilliseconds.test(text) ? `${text.slice(0, 10)}T${text.slice(11, 23)}Z` : new Date(text).toISOString();

/** How values of prepared reads are read: as pg does, but times as the text that replies carry. */
export const readTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === timestamptz && format !== 'binary' ? toIsoTime : pg.types.getTypeParser(oid, format),
};
