import { Controller } from '@nestjs/common';
import { type ParsedRequestOf, Usage } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { PoolsService } from './pools.service.js';
import { Probe } from './probe.js';
import { UsageService } from './usage.service.js';

@Controller()
export class UsageController {
  constructor(
    private readonly tenants: UsageService,
    private readonly prober: Probe,
    private readonly instances: PoolsService,
  ) {}

  @Answers(Usage.usage)
  usage({ id }: ParsedRequestOf<typeof Usage.usage>) {
    return this.tenants.usage(id);
  }

  @Answers(Usage.count)
  count(request: ParsedRequestOf<typeof Usage.count>) {
    return this.tenants.count(request);
  }

  @Answers(Usage.health)
  health({ id }: ParsedRequestOf<typeof Usage.health>) {
    return this.prober.probe(id);
  }

  @Answers(Usage.pools)
  pools() {
    return this.instances.list();
  }
}
