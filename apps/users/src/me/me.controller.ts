import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Users } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { MeService } from './me.service.js';

@Controller()
export class MeController {
  constructor(private readonly me: MeService) {}

  @Answers(Users.me)
  get(_request: ParsedRequestOf<typeof Users.me>, caller: Caller) {
    return this.me.get(caller);
  }

  @Answers(Users.updateMe)
  update(request: ParsedRequestOf<typeof Users.updateMe>, caller: Caller) {
    return this.me.update(request, caller);
  }

  @Answers(Users.myTenant)
  tenant(_request: ParsedRequestOf<typeof Users.myTenant>, caller: Caller) {
    return this.me.tenant(caller);
  }
}
