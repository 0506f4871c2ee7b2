import { Controller } from '@nestjs/common';
import { Users, type ParsedRequestOf, type ReplyOf } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { UsersService } from './users.service.js';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Answers(Users.list)
  list(request: ParsedRequestOf<typeof Users.list>, caller: Caller): Promise<ReplyOf<typeof Users.list>> {
    return this.users.list(request, caller);
  }

  @Answers(Users.create)
  create(request: ParsedRequestOf<typeof Users.create>): Promise<ReplyOf<typeof Users.create>> {
    return this.users.create(request);
  }

  @Answers(Users.me)
  me(_request: ParsedRequestOf<typeof Users.me>, caller: Caller): Promise<ReplyOf<typeof Users.me>> {
    return this.users.me(caller);
  }

  @Answers(Users.createFirstAdmin)
  createFirstAdmin(
    request: ParsedRequestOf<typeof Users.createFirstAdmin>,
  ): Promise<ReplyOf<typeof Users.createFirstAdmin>> {
    return this.users.createFirstAdmin(request);
  }

  @Answers(Users.verifyPassword)
  verifyPassword(request: ParsedRequestOf<typeof Users.verifyPassword>): Promise<ReplyOf<typeof Users.verifyPassword>> {
    return this.users.verifyPassword(request);
  }
}
