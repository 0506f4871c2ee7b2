import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Registration } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { RecoveryService } from './recovery.service.js';
import { RegistrationService } from './registration.service.js';

@Controller()
export class RegistrationController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly recovery: RecoveryService,
  ) {}

  @Answers(Registration.register)
  register(request: ParsedRequestOf<typeof Registration.register>, caller: Caller) {
    return this.registration.register(request, caller);
  }

  @Answers(Registration.verifyEmail)
  verifyEmail({ token }: ParsedRequestOf<typeof Registration.verifyEmail>, caller: Caller) {
    return this.registration.verifyEmail(token, caller);
  }

  @Answers(Registration.forgotPassword)
  forgotPassword({ email }: ParsedRequestOf<typeof Registration.forgotPassword>, caller: Caller) {
    return this.recovery.forgot(email, caller);
  }

  @Answers(Registration.resetPassword)
  resetPassword(request: ParsedRequestOf<typeof Registration.resetPassword>, caller: Caller) {
    return this.recovery.reset(request, caller);
  }
}
