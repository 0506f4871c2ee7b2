import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Tenants } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { OperatorsService } from './operators.service.js';

@Controller()
export class OperatorsController {
  constructor(private readonly operators: OperatorsService) {}

  @Answers(Tenants.findOperator)
  find({ keyHash }: ParsedRequestOf<typeof Tenants.findOperator>) {
    return this.operators.find(keyHash);
  }
}
