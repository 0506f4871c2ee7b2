import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { operatorScopes } from '@tenantry/contracts';
import { ServiceError } from '@tenantry/service-kit';
import { IsNull, LessThan, QueryFailedError, Repository } from 'typeorm';
import { OperatorRow } from './operator.entity.js';

type NewOperator = Pick<OperatorRow, 'name' | 'keyHash' | 'scopes' | 'expiresAt'>;

const isNameTaken = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { constraint?: string }).constraint === 'operators_name';

/** Who runs the platform. Rows stay when a key is revoked: the audit tells of them by name. */
@Injectable()
export class OperatorsRepository {
  constructor(@InjectRepository(OperatorRow) private readonly operators: Repository<OperatorRow>) {}

  findByKeyHash(keyHash: string): Promise<OperatorRow | null> {
    return this.operators.findOneBy({ keyHash });
  }

  /** Newest first; those older than `before` only. */
  findPage(limit: number, before: string | undefined): Promise<OperatorRow[]> {
    return this.operators.find({ where: before ? { id: LessThan(before) } : {}, order: { id: 'DESC' }, take: limit });
  }

  /** @throws ServiceError `conflict` when another key that is not revoked has the name. */
  async insert(operator: NewOperator): Promise<OperatorRow> {
    try {
      const { identifiers } = await this.operators.insert(operator);
      return await this.operators.findOneByOrFail(identifiers[0] as Pick<OperatorRow, 'id'>);
    } catch (error) {
      if (isNameTaken(error)) throw new ServiceError('conflict', `Another operator is named '${operator.name}'.`);
      throw error;
    }
  }

  /** @throws ServiceError `not-found` */
  async revoke(id: string): Promise<void> {
    await this.operators.update({ id, revokedAt: IsNull() }, { revokedAt: () => 'now()' });
    if (!(await this.operators.existsBy({ id }))) throw new ServiceError('not-found', 'There is no such operator.');
  }

  /** Lets the holder of this key in with every scope there is by now; unless it was revoked, for that is for good. */
  async admitFirst(keyHash: string): Promise<void> {
    await this.operators.query(
      `INSERT INTO operators (name, key_hash, scopes) VALUES ('first operator ' || left($1, 8), $1, $2)
       ON CONFLICT (key_hash) DO UPDATE SET scopes = excluded.scopes WHERE operators.revoked_at IS NULL`,
      [keyHash, operatorScopes],
    );
  }
}
