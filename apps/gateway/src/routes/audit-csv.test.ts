import { expect, it } from '@jest/globals';
import type { AuditEvent } from '@tenantry/contracts';
import { csvHeader, toCsv } from './audit-csv.js';

const event: AuditEvent = {
  id: '0192f0c1-2b3c-7d4e-8f50-6172839405a6',
  at: '2026-01-02T03:04:05.006Z',
  actor: 'operator:0192f0c1-2b3c-7d4e-8f50-6172839405a7',
  actorName: 'robot',
  action: 'tenants.suspend',
  tenantId: '0192f0c1-2b3c-7d4e-8f50-6172839405a8',
  target: null,
  reason: 'did not pay',
  requestId: 'request-1',
  address: '192.0.2.1',
  outcome: 'succeeded',
};
const reasonIn = (reason: string): string =>
  toCsv([{ ...event, reason }])
    .split(',succeeded,')[1]!
    .split(',request-1')[0]!;

it('has one line an event, under one that names the columns', () => {
  expect(csvHeader).toBe('at,actor,actorName,action,tenantId,target,outcome,reason,requestId,address,id\r\n');
  expect(toCsv([event, event])).toBe(
    `${`${event.at},${event.actor},robot,tenants.suspend,${event.tenantId},,succeeded,did not pay,request-1,192.0.2.1,${event.id}\r\n`.repeat(2)}`,
  );
});

it.each([
  ['"a", b', '"""a"", b"'],
  ['two\nlines', '"two\nlines"'],
  ['=cmd|x', `'=cmd|x`],
  ['+1, -2', `"'+1, -2"`],
  ['@sum', `'@sum`],
  ['plain', 'plain'],
])('the reason %j is written %j', (reason, written) => {
  expect(reasonIn(reason)).toBe(written);
});
