import { Controller, Get, Patch, Post, Req, Res } from '@nestjs/common';
import { type ReplyOf, Tenants } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { sendProblemBytes } from '../problem.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

/** The longest that a request may be held: what is left of its deadline must do for the answer. */
const longestWaitSeconds = 4;

/** `wait` of the Prefer header (RFC 7240, 4.3), in seconds; 0 where there is none. */
export const waitOf = (prefer: string | string[] | undefined): number => {
  const wait = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/i.exec([prefer].flat().join(','))?.[1];
  return Math.min(Number(wait ?? 0), longestWaitSeconds);
};

@Controller('v1/admin')
export class TenantsController {
  constructor(private readonly upstream: Upstream) {}

  @Get('tenants')
  @Asks(Tenants.list, 'Lists tenants, newest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Tenants.list, request, reply);
  }

  @Post('tenants')
  @Asks(Tenants.create, 'Creates a tenant with its database and first admin', {
    hidden: ['waitSeconds'],
    statuses: [201, 202],
  })
  async create(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    const waitSeconds = waitOf(request.headers.prefer);
    const answer = await this.upstream.ask(Tenants.create, request, { waitSeconds });
    if (answer.status >= 400) {
      sendProblemBytes(answer, request, reply);
      return;
    }
    const { operationId, tenant } = JSON.parse(Buffer.from(answer.body).toString()) as ReplyOf<typeof Tenants.create>;
    const isReady = tenant.state === 'active';
    if (waitSeconds > 0) reply.header('preference-applied', `wait=${waitSeconds}`);
    reply.header('location', isReady ? `/v1/admin/tenants/${tenant.id}` : `/v1/admin/operations/${operationId}`);
    reply.code(isReady ? 201 : 202).send(tenant);
  }

  @Get('tenants/:id')
  @Asks(Tenants.get, 'Reads a tenant')
  get(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Tenants.get, request, reply);
  }

  @Patch('tenants/:id')
  @Asks(Tenants.update, 'Changes a tenant: name, plan, what was agreed with it (JSON merge patch)')
  update(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Tenants.update, request, reply);
  }

  @Get('operations/:id')
  @Asks(Tenants.getOperation, 'Reads how far a long action is')
  getOperation(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Tenants.getOperation, request, reply);
  }
}
