import { Controller } from '@nestjs/common';
import { Auth, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { AuthService } from './auth.service.js';
import { SigningKeys } from './keys/signing-keys.js';

@Controller()
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly keys: SigningKeys,
  ) {}

  @Answers(Auth.login)
  login(request: ParsedRequestOf<typeof Auth.login>, caller: Caller) {
    return this.auth.login(request, caller);
  }

  @Answers(Auth.jwks)
  jwks() {
    return { keys: this.keys.published };
  }
}
