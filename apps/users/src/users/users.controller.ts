import { Controller } from '@nestjs/common';
import { Users, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { UsersService } from './users.service.js';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Answers(Users.list)
  list(request: ParsedRequestOf<typeof Users.list>, caller: Caller) {
    return this.users.list(request, caller);
  }

  @Answers(Users.create)
  create(request: ParsedRequestOf<typeof Users.create>, caller: Caller) {
    return this.users.create(request, caller);
  }

  @Answers(Users.get)
  get({ id }: ParsedRequestOf<typeof Users.get>) {
    return this.users.get(id);
  }

  @Answers(Users.update)
  update(request: ParsedRequestOf<typeof Users.update>, caller: Caller) {
    return this.users.update(request, caller);
  }

  @Answers(Users.delete)
  delete({ id }: ParsedRequestOf<typeof Users.delete>, caller: Caller) {
    return this.users.deactivate(id, caller);
  }

  @Answers(Users.createFirstAdmin)
  createFirstAdmin(request: ParsedRequestOf<typeof Users.createFirstAdmin>) {
    return this.users.createFirstAdmin(request);
  }
}
