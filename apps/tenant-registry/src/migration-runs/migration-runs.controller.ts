import { Controller } from '@nestjs/common';
import { MigrationRuns, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { MigrationRunsService } from './migration-runs.service.js';

@Controller()
export class MigrationRunsController {
  constructor(private readonly runs: MigrationRunsService) {}

  @Answers(MigrationRuns.start)
  start(request: ParsedRequestOf<typeof MigrationRuns.start>) {
    return this.runs.start(request);
  }

  @Answers(MigrationRuns.list)
  list(request: ParsedRequestOf<typeof MigrationRuns.list>) {
    return this.runs.list(request);
  }

  @Answers(MigrationRuns.get)
  get(request: ParsedRequestOf<typeof MigrationRuns.get>) {
    return this.runs.get(request);
  }

  @Answers(MigrationRuns.tenants)
  tenants(request: ParsedRequestOf<typeof MigrationRuns.tenants>) {
    return this.runs.tenants(request);
  }

  @Answers(MigrationRuns.pause)
  pause(request: ParsedRequestOf<typeof MigrationRuns.pause>) {
    return this.runs.pause(request);
  }

  @Answers(MigrationRuns.resume)
  resume(request: ParsedRequestOf<typeof MigrationRuns.resume>) {
    return this.runs.resume(request);
  }

  @Answers(MigrationRuns.cancel)
  cancel(request: ParsedRequestOf<typeof MigrationRuns.cancel>) {
    return this.runs.cancel(request);
  }

  @Answers(MigrationRuns.retryFailed)
  retryFailed(request: ParsedRequestOf<typeof MigrationRuns.retryFailed>) {
    return this.runs.retryFailed(request);
  }
}
