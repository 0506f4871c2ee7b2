import { Controller, Get, Req, Res } from '@nestjs/common';
import { TenantAudit } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/audit-events')
export class AuditEventsController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(TenantAudit.list, 'Lists what was done in the tenant, newest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(TenantAudit.list, request, reply);
  }
}
