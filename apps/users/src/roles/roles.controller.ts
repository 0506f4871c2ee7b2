import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Roles } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { RolesService } from './roles.service.js';

@Controller()
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Answers(Roles.list)
  list(request: ParsedRequestOf<typeof Roles.list>, caller: Caller) {
    return this.roles.list(request, caller);
  }

  @Answers(Roles.get)
  get({ id }: ParsedRequestOf<typeof Roles.get>) {
    return this.roles.get(id);
  }

  @Answers(Roles.create)
  create(request: ParsedRequestOf<typeof Roles.create>, caller: Caller) {
    return this.roles.create(request, caller);
  }

  @Answers(Roles.update)
  update(request: ParsedRequestOf<typeof Roles.update>, caller: Caller) {
    return this.roles.update(request, caller);
  }

  @Answers(Roles.delete)
  delete({ id }: ParsedRequestOf<typeof Roles.delete>) {
    return this.roles.delete(id);
  }

  @Answers(Roles.permissions)
  permissions() {
    return this.roles.permissions();
  }
}
