import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import { Operators } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/admin/operators')
export class OperatorsController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(Operators.list, 'Lists operators and what each may do, newest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Operators.list, request, reply);
  }

  @Post()
  @Asks(Operators.create, 'Makes an operator key, shown in this answer alone')
  create(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Operators.create, request, reply);
  }

  @Delete(':id')
  @Asks(Operators.revoke, 'Revokes an operator key')
  revoke(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Operators.revoke, request, reply);
  }
}
