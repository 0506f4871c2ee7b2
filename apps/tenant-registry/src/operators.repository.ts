import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { operatorScopes } from '@tenantry/contracts';
import { Repository } from 'typeorm';
import { Operator } from './operator.entity.js';

/** Who runs the platform, found by the hash of their key. */
@Injectable()
export class OperatorsRepository {
  constructor(@InjectRepository(Operator) private readonly operators: Repository<Operator>) {}

  findByKeyHash(keyHash: string): Promise<Operator | null> {
    return this.operators.findOneBy({ keyHash });
  }

  /** Lets the holder of `key` in with every scope; again changes nothing. */
  async admitFirst(key: string): Promise<void> {
    const keyHash = createHash('sha256').update(key).digest('hex');
    await this.operators
      .createQueryBuilder()
      .insert()
      .values({ name: 'first operator', keyHash, scopes: [...operatorScopes] })
      .orIgnore()
      .execute();
  }
}
