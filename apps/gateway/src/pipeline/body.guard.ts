import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { UnreadBody } from '../server/json-body.js';

/** The last step: only of who may ask, and as often as this, is the body read. */
@Injectable()
export class BodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const { body } = request;
    return body instanceof UnreadBody ? this.read(body, request, http.getResponse<FastifyReply>()) : true;
  }

  private async read(body: UnreadBody, request: GatewayRequest, reply: FastifyReply): Promise<true> {
    // Who waits to be asked for the body has not sent it yet (RFC 9110, 10.1.1).
    if (request.headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue();
    request.body = await body.read();
    return true;
  }
}
