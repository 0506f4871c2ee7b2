import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Tenants } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { TenantSettingsService } from './tenant-settings.service.js';

@Controller()
export class TenantSettingsController {
  constructor(private readonly settings: TenantSettingsService) {}

  @Answers(Tenants.update)
  update(request: ParsedRequestOf<typeof Tenants.update>) {
    return this.settings.update(request);
  }
}
