import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { MigrationRuns } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/admin/migration-runs')
export class MigrationRunsController {
  constructor(private readonly upstream: Upstream) {}

  @Get()
  @Asks(MigrationRuns.list, 'Lists runs of migrations, newest first')
  list(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.list, request, reply);
  }

  @Post()
  @Asks(
    MigrationRuns.start,
    "Begins to bring tenants' databases to a version, or only looks at them; one run at a time",
  )
  start(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.start, request, reply);
  }

  @Get(':id')
  @Asks(MigrationRuns.get, 'Reads how far a run is')
  get(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.get, request, reply);
  }

  @Get(':id/tenants')
  @Asks(MigrationRuns.tenants, 'Lists the tenants of a run, and what went wrong with them')
  tenants(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.tenants, request, reply);
  }

  @Post(':id/pause')
  @Asks(MigrationRuns.pause, 'Begins no further tenant; those under way come to their end')
  pause(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.pause, request, reply);
  }

  @Post(':id/resume')
  @Asks(MigrationRuns.resume, 'Goes on with a run that is paused, whatever has failed so far')
  resume(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.resume, request, reply);
  }

  @Post(':id/cancel')
  @Asks(MigrationRuns.cancel, 'Ends a run; what is done stays done')
  cancel(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.cancel, request, reply);
  }

  @Post(':id/retry-failed')
  @Asks(MigrationRuns.retryFailed, 'Begins the tenants of a run that have failed once more')
  retryFailed(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(MigrationRuns.retryFailed, request, reply);
  }
}
