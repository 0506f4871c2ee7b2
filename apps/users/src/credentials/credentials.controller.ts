import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Users } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { CredentialsService } from './credentials.service.js';

@Controller()
export class CredentialsController {
  constructor(private readonly credentials: CredentialsService) {}

  @Answers(Users.verifyPassword)
  verifyPassword(request: ParsedRequestOf<typeof Users.verifyPassword>, caller: Caller) {
    return this.credentials.verifyPassword(request, caller);
  }

  @Answers(Users.sessionSubject)
  sessionSubject({ id }: ParsedRequestOf<typeof Users.sessionSubject>) {
    return this.credentials.sessionSubject(id);
  }

  @Answers(Users.changePassword)
  changePassword(request: ParsedRequestOf<typeof Users.changePassword>, caller: Caller) {
    return this.credentials.changePassword(request, caller);
  }
}
