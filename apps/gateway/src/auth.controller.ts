import { Controller, Get, Header, Post, Req, Res } from '@nestjs/common';
import { Auth, KeySet, type PublicKey } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from './call.js';
import { Keys } from './keys.js';
import { Asks, Open } from './route.js';
import { Upstream } from './upstream.js';

@Controller()
export class AuthController {
  constructor(
    private readonly upstream: Upstream,
    private readonly keys: Keys,
  ) {}

  @Post('v1/auth/login')
  @Asks(Auth.login, 'Logs in with e-mail and password')
  login(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Auth.login, request, reply);
  }

  @Get('.well-known/jwks.json')
  @Open('The public keys of access tokens (RFC 7517)', KeySet)
  @Header('cache-control', 'public, max-age=60')
  async jwks(): Promise<{ keys: readonly PublicKey[] }> {
    return { keys: await this.keys.all() };
  }
}
