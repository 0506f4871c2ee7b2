import { Controller, Delete, Get, Patch, Post, Req, Res } from '@nestjs/common';
import { Roles } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/roles')
export class RolesController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(Roles.list, 'Lists the roles of the tenant, oldest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Roles.list, request, reply);
  }

  @Post()
  @Asks(Roles.create, 'Creates a role')
  create(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Roles.create, request, reply);
  }

  @Get(':id')
  @Asks(Roles.get, 'Reads a role')
  get(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Roles.get, request, reply);
  }

  @Patch(':id')
  @Asks(Roles.update, 'Changes the given fields of a role')
  update(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Roles.update, request, reply);
  }

  @Delete(':id')
  @Asks(Roles.delete, 'Deletes a role that nobody has')
  delete(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Roles.delete, request, reply);
  }
}
