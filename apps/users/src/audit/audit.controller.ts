import { Controller } from '@nestjs/common';
import { TenantAudit, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { AuditService } from './audit.service.js';

@Controller()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Answers(TenantAudit.list)
  list(request: ParsedRequestOf<typeof TenantAudit.list>, caller: Caller) {
    return this.audit.list(request, caller);
  }
}
