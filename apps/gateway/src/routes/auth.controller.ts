import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { Auth, KeySet, type ParsedRequestOf } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { inputOf } from '../upstream/input.js';
import { Keys } from '../callers/keys.js';
import { LoginLimits } from '../limits/login-limits.js';
import { isHeld } from '../upstream/preconditions.js';
import { Asks, Open } from '../route.js';
import { untilAllTakeAlike } from '../upstream/alike.js';
import { Upstream } from '../upstream/upstream.js';

@Controller()
export class AuthController {
  constructor(
    private readonly upstream: Upstream,
    private readonly keys: Keys,
    private readonly logins: LoginLimits,
  ) {}

  @Post('v1/auth/login')
  @Throttle({ route: { limit: 300, ttl: 60_000 } })
  @Asks(Auth.login, 'Logs in with e-mail and password', { hidden: ['limitedForSeconds'] })
  async login(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    const { email } = inputOf(Auth.login, request, { limitedForSeconds: null }) as ParsedRequestOf<typeof Auth.login>;
    const { call, ip } = request;
    const attempt = await this.logins.begin({ tenant: call.named ?? '', email, address: ip }, call);
    const { limitedForSeconds } = attempt;
    let isWrong = false;
    try {
      const answer = await this.upstream.ask(Auth.login, request, { limitedForSeconds });
      isWrong = answer.status === 401;
      // Where a limit is reached nothing is looked up in a tenant that does not exist.
      if (isWrong || answer.status === 429) await untilAllTakeAlike(call);
      this.upstream.answer(answer, request, reply);
    } finally {
      // What says nothing of the password was no failure to find it.
      if (!isWrong) attempt.forget();
    }
  }

  @Post('v1/auth/refresh')
  @Asks(Auth.refresh, 'Spends a refresh token for a new one and an access token')
  async refresh(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    const answer = await this.upstream.ask(Auth.refresh, request);
    if (answer.status === 401) await untilAllTakeAlike(request.call);
    this.upstream.answer(answer, request, reply);
  }

  @Post('v1/auth/logout')
  @Asks(Auth.logout, 'Ends the session of this request')
  logout(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Auth.logout, request, reply);
  }

  @Get('v1/auth/sessions')
  @Asks(Auth.sessions, "Lists the caller's own sessions, the one used last first")
  sessions(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Auth.sessions, request, reply);
  }

  @Delete('v1/auth/sessions/:id')
  @Asks(Auth.endSession, "Ends one of the caller's own sessions")
  endSession(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.upstream.pass(Auth.endSession, request, reply);
  }

  @Get('.well-known/jwks.json')
  @Open('The public keys of access tokens (RFC 7517)', KeySet, { isTagged: true })
  async jwks(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    const { keys, etag } = await this.keys.published();
    reply.headers({ etag, 'cache-control': 'public, max-age=60' });
    if (isHeld(etag, request.headers)) reply.code(304).send();
    else reply.send({ keys });
  }
}
