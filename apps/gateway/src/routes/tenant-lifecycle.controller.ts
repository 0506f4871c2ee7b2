import { Controller, Delete, Post, Req, Res } from '@nestjs/common';
import { type Message, type Operation, TenantLifecycle } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { sendProblemBytes } from '../problem.js';
import { Asks } from '../route.js';
import { Upstream } from '../upstream/upstream.js';

@Controller('v1/admin')
export class TenantLifecycleController {
  constructor(private readonly upstream: Upstream) {}

  @Post('tenants/:id/suspend')
  @Asks(TenantLifecycle.suspend, 'Suspends a tenant until it is resumed')
  suspend(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(TenantLifecycle.suspend, request, reply);
  }

  @Post('tenants/:id/resume')
  @Asks(TenantLifecycle.resume, 'Opens a suspended tenant, or ends its maintenance')
  resume(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(TenantLifecycle.resume, request, reply);
  }

  @Post('tenants/:id/maintenance')
  @Asks(TenantLifecycle.maintain, 'Closes a tenant for a short while; resuming it ends that')
  maintain(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(TenantLifecycle.maintain, request, reply);
  }

  @Delete('tenants/:id')
  @Asks(TenantLifecycle.remove, 'Archives a tenant, and purges it when its grace period has passed', {
    takesBody: true,
  })
  remove(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.begin(TenantLifecycle.remove, request, reply);
  }

  @Post('tenants/:id/retry')
  @Asks(TenantLifecycle.retry, 'Tries again to create a tenant that could not be created')
  retry(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.begin(TenantLifecycle.retry, request, reply);
  }

  @Post('tenants/:id/rotate-credentials')
  @Asks(TenantLifecycle.rotateCredentials, "Changes the credentials of a tenant's database; no request fails")
  rotateCredentials(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.begin(TenantLifecycle.rotateCredentials, request, reply);
  }

  @Post('secrets/rewrap')
  @Asks(TenantLifecycle.rewrapSecrets, 'Wraps all keys with the present master key')
  rewrapSecrets(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.begin(TenantLifecycle.rewrapSecrets, request, reply);
  }

  /** What goes on after the answer can be followed where Location says. */
  private async begin(message: Message, request: GatewayRequest, reply: FastifyReply): Promise<void> {
    const answer = await this.upstream.ask(message, request);
    if (answer.status >= 400) return sendProblemBytes(answer, request, reply);
    const operation = JSON.parse(Buffer.from(answer.body).toString()) as Operation;
    reply.code(answer.status).header('location', `/v1/admin/operations/${operation.id}`).send(operation);
  }
}
