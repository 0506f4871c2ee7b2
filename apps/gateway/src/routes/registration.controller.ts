import { Controller, Post, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { type Message, Registration } from '@tenantry/contracts';
import type { FastifyReply } from 'fastify';
import type { GatewayRequest } from '../call.js';
import { Asks } from '../route.js';
import { untilAllTakeAlike } from '../upstream/alike.js';
import { Upstream } from '../upstream/upstream.js';

const strictly = { route: { limit: 60, ttl: 60_000 } };

/** What people do before anybody knows them. What is refused takes as long whatever was wrong, an unknown tenant included. */
@Controller('v1/auth')
export class RegistrationController {
  constructor(private readonly upstream: Upstream) {}

  @Post('register')
  @Throttle(strictly)
  @Asks(Registration.register, 'Signs up, where the tenant lets people do so')
  register(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.pass(Registration.register, request, reply, '/v1/users');
  }

  @Post('email/verify')
  @Throttle(strictly)
  @Asks(Registration.verifyEmail, 'Shows, with the token of a mail, that the address is its reader’s')
  verifyEmail(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.pass(Registration.verifyEmail, request, reply);
  }

  @Post('password/forgot')
  @Throttle(strictly)
  @Asks(Registration.forgotPassword, 'Sends a token for a new password to the address, where somebody has it')
  forgotPassword(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.pass(Registration.forgotPassword, request, reply);
  }

  @Post('password/reset')
  @Throttle(strictly)
  @Asks(Registration.resetPassword, 'Sets a new password with the token of a mail, and ends all sessions')
  resetPassword(@Req() request: GatewayRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.pass(Registration.resetPassword, request, reply);
  }

  private async pass(
    message: Message,
    request: GatewayRequest,
    reply: FastifyReply,
    collection?: string,
  ): Promise<void> {
    const answer = await this.upstream.ask(message, request);
    // Accepted is what is said in any case.
    if (answer.status >= 400 || message.status === 202) await untilAllTakeAlike(request.call);
    this.upstream.answer(answer, request, reply, collection);
  }
}
