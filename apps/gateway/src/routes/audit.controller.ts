import { Readable } from 'node:stream';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { Audit, type ReplyOf, requestDeadlineMs } from '@tenantry/contracts';
import { LOG, type Log, ServiceError } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import { csvHeader, toCsv } from './audit-csv.js';
import type { GatewayRequest } from '../call.js';
import { sendProblemBytes } from '../problem.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

const csv = /(?:^|[\s,])text\/csv(?:$|[\s,;])/i;
const pageSize = 100;

type Page = ReplyOf<typeof Audit.list>;

@Controller('v1/admin/audit-events')
export class AuditController {
  constructor(
    private readonly upstream: Upstream,
    @Inject(LOG) private readonly log: Log,
  ) {}

  @Get()
  @Asks(
    Audit.list,
    'Searches what operators did, newest first; with Accept: text/csv all of it, without limit and cursor',
    { otherType: 'text/csv' },
  )
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return csv.test(request.headers.accept ?? '')
      ? this.export(request, reply)
      : this.upstream.pass(Audit.list, request, reply);
  }

  /** Page after page, as fast as the client takes them. What fails after the first page cuts the answer short, which HTTP tells the client. */
  private async export(request: GatewayRequest, reply: FastifyReply): Promise<void> {
    const answer = await this.upstream.ask(Audit.list, request, { limit: pageSize });
    if (answer.status >= 400) {
      sendProblemBytes(answer, request, reply);
      return;
    }
    reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="audit-events.csv"');
    const { requestId } = request.call;
    const lines = Readable.from(this.pagesFrom(request, pageOf(answer.body)));
    lines.once('error', (err) => this.log.error({ err, requestId }, 'an export of the audit was cut short'));
    reply.send(lines);
  }

  private async *pagesFrom(request: GatewayRequest, first: Page): AsyncGenerator<string> {
    yield csvHeader;
    for (let page = first; ; page = await this.next(request, page.nextCursor)) {
      yield toCsv(page.data);
      if (page.nextCursor === null) return;
    }
  }

  private async next(request: GatewayRequest, cursor: string | null): Promise<Page> {
    // The client has had an answer in time; each further page has a deadline of its own.
    const call = { ...request.call, deadlineAt: performance.now() + requestDeadlineMs };
    const again = Object.create(request, { call: { value: call } }) as GatewayRequest;
    const { status, body } = await this.upstream.ask(Audit.list, again, { limit: pageSize, cursor });
    if (status >= 400) throw new ServiceError('service-unavailable', `The next page was answered ${status}.`);
    return pageOf(body);
  }
}

const pageOf = (body: Uint8Array): Page => JSON.parse(Buffer.from(body).toString()) as Page;
