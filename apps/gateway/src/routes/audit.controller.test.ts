import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import type { Log, RawReply } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import { requestOf } from '../test/request.js';
import type { Upstream } from '../upstream/upstream.js';
import { AuditController } from './audit.controller.js';
import { csvHeader } from './audit-csv.js';

const page = (nextCursor: string | null) => ({
  status: 200,
  body: Buffer.from(JSON.stringify({ data: [], nextCursor })),
});

/** What an export sends, page by page as the registry answers, and what it logs. */
async function exportOf(...answers: object[]): Promise<{ sent: Readable; logged: object[] }> {
  const logged: object[] = [];
  const log = { error: (line: object) => void logged.push(line) } as unknown as Log;
  const upstream = { ask: async () => answers.shift() as RawReply } as unknown as Upstream;
  let sent: Readable | undefined;
  const reply = { type: () => reply, header: () => reply, send: (stream: Readable) => void (sent = stream) };
  const request = requestOf({ headers: { accept: 'text/csv' } });
  await new AuditController(upstream, log).list(request, reply as unknown as FastifyReply);
  return { sent: sent!, logged };
}

it('an export that is whole is not logged', async () => {
  const { sent, logged } = await exportOf(page('next'), page(null));
  expect(await text(sent)).toBe(csvHeader);
  expect(logged).toEqual([]);
});

it('an export that is cut short says in the log by what', async () => {
  const { sent, logged } = await exportOf(page('next'), { status: 503, body: Buffer.from('{}') });
  await expect(text(sent)).rejects.toThrow('503');
  expect(logged).toEqual([
    { err: expect.objectContaining({ code: 'service-unavailable' }), requestId: 'test-request' },
  ]);
});
