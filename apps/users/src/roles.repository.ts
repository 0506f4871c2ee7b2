import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import { RoleEntity } from './role.entity.js';

@Injectable()
export class RolesRepository {
  constructor(@InjectRepository(RoleEntity) private readonly roles: Repository<RoleEntity>) {}

  /** Those that exist, each once. */
  findByNames(names: readonly string[]): Promise<RoleEntity[]> {
    return this.roles.findBy({ name: In(names) });
  }
}
