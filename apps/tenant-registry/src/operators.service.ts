import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { ReplyOf, Tenants } from '@tenantry/contracts';
import { CONFIG, ServiceError } from '@tenantry/service-kit';
import type { RegistryConfig } from './config.js';
import { OperatorsRepository } from './operators.repository.js';

/** Who may run the platform. */
@Injectable()
export class OperatorsService implements OnApplicationBootstrap {
  constructor(
    private readonly operators: OperatorsRepository,
    @Inject(CONFIG) private readonly config: RegistryConfig,
  ) {}

  /** The first operator is whoever has the key that the process was started with. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.config.OPERATOR_KEY) await this.operators.admitFirst(this.config.OPERATOR_KEY);
  }

  /** @throws ServiceError `unauthenticated` for an unknown or expired key. */
  async find(keyHash: string): Promise<ReplyOf<typeof Tenants.findOperator>> {
    const operator = await this.operators.findByKeyHash(keyHash);
    const hasExpired = operator?.expiresAt && Date.parse(operator.expiresAt) <= Date.now();
    if (!operator || hasExpired) throw new ServiceError('unauthenticated', 'The operator key is not valid.');
    const { id, name, scopes, expiresAt } = operator;
    return { id, name, scopes, expiresAt };
  }
}
