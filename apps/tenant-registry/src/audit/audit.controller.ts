import { Controller } from '@nestjs/common';
import { Audit, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { AuditService } from './audit.service.js';

@Controller()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Answers(Audit.list)
  list(request: ParsedRequestOf<typeof Audit.list>) {
    return this.audit.list(request);
  }

  @Answers(Audit.refuse)
  refuse(request: ParsedRequestOf<typeof Audit.refuse>) {
    return this.audit.refuse(request);
  }
}
