import { Controller } from '@nestjs/common';
import { Operators, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { OperatorsService } from './operators.service.js';

@Controller()
export class OperatorsController {
  constructor(private readonly operators: OperatorsService) {}

  @Answers(Operators.list)
  list(request: ParsedRequestOf<typeof Operators.list>) {
    return this.operators.list(request);
  }

  @Answers(Operators.create)
  create(request: ParsedRequestOf<typeof Operators.create>, caller: Caller) {
    return this.operators.create(request, caller);
  }

  @Answers(Operators.revoke)
  revoke({ id }: ParsedRequestOf<typeof Operators.revoke>) {
    return this.operators.revoke(id);
  }

  @Answers(Operators.find)
  find({ keyHash }: ParsedRequestOf<typeof Operators.find>) {
    return this.operators.find(keyHash);
  }
}
