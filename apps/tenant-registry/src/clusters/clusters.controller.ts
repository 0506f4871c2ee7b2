import { Controller } from '@nestjs/common';
import { Clusters, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers } from '@tenantry/service-kit';
import { ClusterFleetService } from './cluster-fleet.service.js';
import { OrphansService } from './orphans.service.js';

@Controller()
export class ClustersController {
  constructor(
    private readonly clusters: ClusterFleetService,
    private readonly left: OrphansService,
  ) {}

  @Answers(Clusters.list)
  list(request: ParsedRequestOf<typeof Clusters.list>) {
    return this.clusters.list(request);
  }

  @Answers(Clusters.get)
  get({ id }: ParsedRequestOf<typeof Clusters.get>) {
    return this.clusters.get(id);
  }

  @Answers(Clusters.orphans)
  orphans({ id }: ParsedRequestOf<typeof Clusters.orphans>) {
    return this.left.list(id);
  }

  @Answers(Clusters.register)
  register(request: ParsedRequestOf<typeof Clusters.register>) {
    return this.clusters.register(request);
  }

  @Answers(Clusters.update)
  update(request: ParsedRequestOf<typeof Clusters.update>) {
    return this.clusters.update(request);
  }
}
