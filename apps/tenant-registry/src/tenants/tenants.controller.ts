import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Tenants } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { OperationsService } from '../operations/operations.service.js';
import { TenantsService } from './tenants.service.js';

@Controller()
export class TenantsController {
  constructor(
    private readonly tenants: TenantsService,
    private readonly operations: OperationsService,
  ) {}

  @Answers(Tenants.create)
  create(request: ParsedRequestOf<typeof Tenants.create>) {
    return this.tenants.create(request);
  }

  @Answers(Tenants.list)
  list(request: ParsedRequestOf<typeof Tenants.list>) {
    return this.tenants.list(request);
  }

  @Answers(Tenants.get)
  get({ id }: ParsedRequestOf<typeof Tenants.get>) {
    return this.tenants.get(id);
  }

  @Answers(Tenants.getOperation)
  getOperation({ id }: ParsedRequestOf<typeof Tenants.getOperation>) {
    return this.operations.get(id);
  }

  @Answers(Tenants.find)
  find(request: ParsedRequestOf<typeof Tenants.find>) {
    return this.tenants.find(request);
  }

  @Answers(Tenants.locate)
  locate({ id }: ParsedRequestOf<typeof Tenants.locate>) {
    return this.tenants.locate(id);
  }
}
