import { Controller, Delete, Get, Patch, Post, Req, Res } from '@nestjs/common';
import { Users } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/users')
export class UsersController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(Users.list, 'Lists the people of the tenant, newest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.list, request, reply);
  }

  @Post()
  @Asks(Users.create, 'Creates a user')
  create(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.create, request, reply);
  }

  @Get(':id')
  @Asks(Users.get, 'Reads a user')
  get(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.get, request, reply);
  }

  @Patch(':id')
  @Asks(Users.update, 'Changes the given fields of a user')
  update(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.update, request, reply);
  }

  @Delete(':id')
  @Asks(Users.delete, 'Deactivates a user')
  delete(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Users.delete, request, reply);
  }
}
