import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, TenantLifecycle } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { LifecycleService } from './lifecycle.service.js';

@Controller()
export class LifecycleController {
  constructor(private readonly lifecycle: LifecycleService) {}

  @Answers(TenantLifecycle.suspend)
  suspend(request: ParsedRequestOf<typeof TenantLifecycle.suspend>) {
    return this.lifecycle.move(request, 'suspended');
  }

  @Answers(TenantLifecycle.resume)
  resume(request: ParsedRequestOf<typeof TenantLifecycle.resume>) {
    return this.lifecycle.resume(request);
  }

  @Answers(TenantLifecycle.maintain)
  maintain(request: ParsedRequestOf<typeof TenantLifecycle.maintain>) {
    return this.lifecycle.move(request, 'maintenance');
  }

  @Answers(TenantLifecycle.remove)
  remove(request: ParsedRequestOf<typeof TenantLifecycle.remove>) {
    return this.lifecycle.remove(request);
  }

  @Answers(TenantLifecycle.retry)
  retry(request: ParsedRequestOf<typeof TenantLifecycle.retry>) {
    return this.lifecycle.retry(request);
  }

  @Answers(TenantLifecycle.rotateCredentials)
  rotateCredentials(request: ParsedRequestOf<typeof TenantLifecycle.rotateCredentials>) {
    return this.lifecycle.rotate(request);
  }

  @Answers(TenantLifecycle.rewrapSecrets)
  rewrapSecrets(request: ParsedRequestOf<typeof TenantLifecycle.rewrapSecrets>) {
    return this.lifecycle.rewrap(request);
  }

  @Answers(TenantLifecycle.changes)
  changes(request: ParsedRequestOf<typeof TenantLifecycle.changes>) {
    return this.lifecycle.changes(request);
  }
}
