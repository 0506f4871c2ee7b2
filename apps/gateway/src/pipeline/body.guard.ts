import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { networkOf } from '@tenantry/service-kit';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { ArrivingBodies } from '../server/arriving-bodies.js';
import { UnreadBody } from '../server/json-body.js';
import { Load } from '../server/load.js';

/** The last step: only of who may ask, and as often as this, is the body read. Whoever is slow to send it holds up nobody else. */
@Injectable()
export class BodyGuard implements CanActivate {
  constructor(
    private readonly bodies: ArrivingBodies,
    private readonly load: Load,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const { body } = request;
    return body instanceof UnreadBody ? this.read(body, request, http.getResponse<FastifyReply>()) : true;
  }

  private async read(body: UnreadBody, request: GatewayRequest, reply: FastifyReply): Promise<true> {
    const { call, headers, ip, raw } = request;
    const isHere = raw.complete;
    const arriving = this.bodies.begin(networkOf(ip));
    reply.raw.once('close', arriving.release);
    // Who waits to be asked for the body has not sent it yet (RFC 9110, 10.1.1).
    if (headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue();
    const reading = body.read(call.deadlineAt, arriving.take).finally(arriving.arrived);
    request.body = isHere ? await reading : await this.load.aroundWait(reply.raw, reading);
    return true;
  }
}
