import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { UserEvents } from '@tenantry/contracts';
import { Outbox } from '@tenantry/outbox';
import { ServiceError } from '@tenantry/service-kit';
import { LessThan, QueryFailedError, type Repository } from 'typeorm';
import { User } from './user.entity.js';
import { toPerson } from './user.views.js';

type NewUser = Pick<User, 'email' | 'passwordHash' | 'firstName' | 'lastName' | 'roles'>;
type Credentials = Pick<User, 'id' | 'passwordHash' | 'active'>;

const isEmailTaken = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { constraint?: string }).constraint === 'users_email_key';

@Injectable()
export class UsersRepository {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @Inject(Outbox) private readonly outbox: Pick<Outbox, 'add' | 'transaction'>,
  ) {}

  /** Newest first, which is the order of version 7 ids; those older than `before` only. */
  findPage(limit: number, before: string | undefined): Promise<User[]> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    return this.users.find({ where, order: { id: 'DESC' }, take: limit });
  }

  find(id: string): Promise<User | null> {
    return this.users.findOneBy({ id });
  }

  async findIdByEmail(email: string): Promise<string | undefined> {
    return (await this.users.findOne({ select: { id: true }, where: { email } }))?.id;
  }

  /** What a password is verified against. Costs one query whether or not there is such a user. */
  findCredentials(email: string): Promise<Credentials | null> {
    return this.users.findOne({ select: { id: true, passwordHash: true, active: true }, where: { email } });
  }

  /**
   * The user, its roles, and the word of it to other services; or nothing.
   * @throws ServiceError `email-taken`
   */
  async insert(user: NewUser): Promise<User> {
    try {
      return await this.outbox.transaction(async () => {
        const saved = await this.users.save(this.users.create(user));
        const written = Object.assign(saved, { roleNames: user.roles.map(({ name }) => name).sort() });
        this.outbox.add(UserEvents.created, { aggregate: written.id, data: toPerson(written) });
        return written;
      });
    } catch (cause) {
      if (!isEmailTaken(cause)) throw cause;
      throw new ServiceError('email-taken', 'Another user has this e-mail address.', { cause });
    }
  }
}
