import { Controller, Get, Patch, Put, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { Users } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/me')
export class MeController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(Users.me, 'Reads the caller')
  get(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.me, request, reply);
  }

  @Patch()
  @Asks(Users.updateMe, "Changes the caller's names")
  update(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.updateMe, request, reply);
  }

  @Put('password')
  @Throttle({ route: { limit: 10, ttl: 60_000 } })
  @Asks(Users.changePassword, "Changes the caller's password, and ends their other sessions")
  changePassword(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.changePassword, request, reply);
  }

  @Get('tenant')
  @Asks(Users.myTenant, "Reads the caller's tenant: its name, plan and limits")
  tenant(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.myTenant, request, reply);
  }
}
