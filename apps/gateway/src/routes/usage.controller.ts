import { Controller, Get, Req, Res } from '@nestjs/common';
import { Usage } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/admin')
export class UsageController {
  constructor(private readonly upstream: Upstream) {}

  @Get('tenants/:id/usage')
  @Asks(Usage.usage, 'Reads what a tenant uses')
  usage(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Usage.usage, request, reply);
  }

  @Get('tenants/:id/health')
  @Asks(Usage.health, "Probes a tenant's database now")
  health(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Usage.health, request, reply);
  }

  @Get('pools')
  @Asks(Usage.pools, 'Reads what every service instance has open now')
  pools(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Usage.pools, request, reply);
  }
}
