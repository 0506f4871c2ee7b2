import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Users } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from './call.js';
import { Asks } from './route.js';
import { Upstream } from './upstream.js';

@Controller('v1')
export class UsersController {
  constructor(private readonly upstream: Upstream) {}

  @Get('users')
  @Asks(Users.list, 'Lists the people of the tenant, newest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.list, request, reply);
  }

  @Post('users')
  @Asks(Users.create, 'Creates a user')
  create(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.create, request, reply);
  }

  @Get('me')
  @Asks(Users.me, 'Reads the caller')
  me(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.me, request, reply);
  }
}
