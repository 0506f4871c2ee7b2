import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Operator, Operators, type ParsedRequestOf, type ReplyOf } from '@tenantry/contracts';
import { type Caller, CONFIG, ServiceError } from '@tenantry/service-kit';
import type { RegistryConfig } from '../config.js';
import { Pages } from '../pages.js';
import type { OperatorRow } from './operator.entity.js';
import { hashOfKey, newOperatorKey } from './operator-key.js';
import { OperatorsRepository } from './operators.repository.js';

const dayMs = 86_400_000;

const toOperator = ({ id, name, scopes, expiresAt, revokedAt, createdAt }: OperatorRow): Operator => ({
  ...{ id, name, scopes, expiresAt, revokedAt, createdAt },
});

/** Whether a key opens anything, now. */
const isValid = ({ revokedAt, expiresAt }: OperatorRow): boolean =>
  revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > Date.now());

/** Who may run the platform. */
@Injectable()
export class OperatorsService implements OnApplicationBootstrap {
  constructor(
    private readonly operators: OperatorsRepository,
    private readonly pages: Pages,
    @Inject(CONFIG) private readonly config: Pick<RegistryConfig, 'OPERATOR_KEY'>,
  ) {}

  /** The first operator is whoever has the key that the process was started with. */
  async onApplicationBootstrap(): Promise<void> {
    const { OPERATOR_KEY: key } = this.config;
    if (key) await this.operators.admitFirst(hashOfKey(key));
  }

  /** @throws ServiceError `invalid-cursor` */
  async list(request: ParsedRequestOf<typeof Operators.list>): Promise<ReplyOf<typeof Operators.list>> {
    const { data, nextCursor } = await this.pages.read(Operators.list, request, (limit, before) =>
      this.operators.findPage(limit, before),
    );
    return { data: data.map(toOperator), nextCursor };
  }

  /** @throws ServiceError `forbidden` for a scope that the caller does not hold, `conflict` for a name in use. */
  async create(
    { name, scopes, expiresInDays }: ParsedRequestOf<typeof Operators.create>,
    { permissions }: Pick<Caller, 'permissions'>,
  ): Promise<ReplyOf<typeof Operators.create>> {
    const notHeld = scopes.filter((scope) => !permissions.includes(scope));
    if (notHeld.length > 0) throw new ServiceError('forbidden', `You do not hold ${notHeld.join(', ')} yourself.`);
    const key = newOperatorKey();
    const expiresAt = new Date(Date.now() + expiresInDays * dayMs).toISOString();
    const row = await this.operators.insert({
      ...{ name, expiresAt },
      keyHash: hashOfKey(key),
      scopes: [...new Set(scopes)],
    });
    return { ...toOperator(row), key };
  }

  /** @throws ServiceError `not-found` */
  async revoke(id: string): Promise<null> {
    await this.operators.revoke(id);
    return null;
  }

  /** @throws ServiceError `unauthenticated` for a key that is unknown, revoked or expired, alike. */
  async find(keyHash: string): Promise<ReplyOf<typeof Operators.find>> {
    const operator = await this.operators.findByKeyHash(keyHash);
    if (!operator || !isValid(operator)) throw new ServiceError('unauthenticated', 'The operator key is not valid.');
    const { id, name, scopes, expiresAt } = operator;
    return { id, name, scopes, expiresAt };
  }
}
