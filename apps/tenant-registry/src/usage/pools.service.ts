import { Inject, Injectable } from '@nestjs/common';
import { Surveys, type ReplyOf, type Usage } from '@tenantry/contracts';
import { askInstances, LOG, type Log, Nats } from '@tenantry/service-kit';

/** What every service instance has open: each knows its own. */
@Injectable()
export class PoolsService {
  constructor(
    @Inject(Nats) private readonly nats: Nats,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @throws ServiceError `service-unavailable` when the broker is away. */
  async list(): Promise<ReplyOf<typeof Usage.pools>> {
    return { data: await askInstances(this.nats, this.log, Surveys.pools) };
  }
}
