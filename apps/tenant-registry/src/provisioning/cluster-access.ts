import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOG, type Log } from '@tenantry/service-kit';
import { ClustersRepository } from '../clusters/clusters.repository.js';
import { provisionerUrl, Secrets } from '../secrets.js';
import { Provisioner } from './provisioner.js';

interface Opened {
  readonly sealed: string;
  readonly url: string;
  readonly provisioner: Provisioner;
}

/** How long a way that was opened is good for those who enter database after database by it. */
const goodMs = 1000;

interface Asked {
  readonly at: number;
  readonly provisioner: Promise<Provisioner>;
}

/** The ways into the clusters, each opened when it is first needed, and anew when the registry has been told of another. */
@Injectable()
export class ClusterAccess implements OnApplicationShutdown {
  private readonly opened = new Map<string, Opened>();
  private readonly asked = new Map<string, Asked>();

  constructor(
    @Inject(ClustersRepository) private readonly clusters: Pick<ClustersRepository, 'getProvisioner'>,
    private readonly secrets: Secrets,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @throws ServiceError `service-unavailable` for a cluster nobody has the way into; SecretUnreadable. */
  async open(clusterId: string): Promise<Provisioner> {
    const sealed = await this.clusters.getProvisioner(clusterId);
    if (this.opened.get(clusterId)?.sealed === sealed) return this.opened.get(clusterId)!.provisioner;
    const url = await this.secrets.open(sealed, provisionerUrl(clusterId));
    const before = this.opened.get(clusterId);
    // Sealed anew it is another text, and the same way in.
    const isSame = before?.url === url;
    const provisioner = isSame ? before.provisioner : new Provisioner(url, this.log);
    this.opened.set(clusterId, { sealed, url, provisioner });
    if (isSame) return provisioner;
    // What runs on it is let to its end.
    void before?.provisioner.close();
    return provisioner;
  }

  /** The way that `open` has found within the last second: its asking and unsealing would be a part of a small migration. */
  async openAgain(clusterId: string): Promise<Provisioner> {
    const before = this.asked.get(clusterId);
    if (before && performance.now() < before.at + goodMs) return before.provisioner;
    const provisioner = this.open(clusterId);
    this.asked.set(clusterId, { at: performance.now(), provisioner });
    // Who comes next tries it again.
    provisioner.catch(() => this.asked.delete(clusterId));
    return provisioner;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.opened.values()].map(({ provisioner }) => provisioner.close()));
  }
}
