import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import { Role } from './role.entity.js';

@Injectable()
export class RolesRepository {
  constructor(@InjectRepository(Role) private readonly roles: Repository<Role>) {}

  /** Those that exist, each once. */
  findByNames(names: readonly string[]): Promise<Role[]> {
    return this.roles.findBy({ name: In(names) });
  }
}
