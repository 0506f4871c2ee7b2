import type { AuditEvent } from '@tenantry/contracts';

const columns = [
  ...(['at', 'actor', 'actorName', 'action', 'tenantId', 'target', 'outcome', 'reason', 'requestId'] as const),
  ...(['address', 'id'] as const),
] satisfies (keyof AuditEvent)[];

/** What a spreadsheet would take for a formula (OWASP, CSV injection). */
const formula = /^[=+\-@\t\r]/;
const toQuote = /[",\r\n]/;

function cellOf(value: string | null): string {
  const text = formula.test(value ?? '') ? `'${value}` : (value ?? '');
  return toQuote.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const lineOf = (cells: readonly (string | null)[]): string => `${cells.map(cellOf).join(',')}\r\n`;

/** The first line (RFC 4180). */
export const csvHeader = lineOf(columns);

/** One line an event. */
export const toCsv = (events: readonly AuditEvent[]): string =>
  events.map((event) => lineOf(columns.map((column) => event[column]))).join('');
