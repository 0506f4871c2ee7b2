import { Controller, Get, Patch, Post, Req, Res } from '@nestjs/common';
import { Clusters } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/admin/clusters')
export class ClustersController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(Clusters.list, 'Lists clusters and how many tenants live there, newest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Clusters.list, request, reply);
  }

  @Post()
  @Asks(Clusters.register, 'Makes a PostgreSQL server ready for tenants')
  register(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Clusters.register, request, reply);
  }

  @Get(':id')
  @Asks(Clusters.get, 'Reads a cluster')
  get(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Clusters.get, request, reply);
  }

  @Get(':id/orphans')
  @Asks(Clusters.orphans, "Lists databases and roles of tenants' on a cluster that are nobody's")
  orphans(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Clusters.orphans, request, reply);
  }

  @Patch(':id')
  @Asks(Clusters.update, 'Changes what a cluster takes (JSON merge patch)')
  update(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Clusters.update, request, reply);
  }
}
