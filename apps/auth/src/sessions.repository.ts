import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Session } from './session.entity.js';

@Injectable()
export class SessionsRepository {
  constructor(@InjectRepository(Session) private readonly sessions: Repository<Session>) {}

  /** @returns the new session's id. */
  async open(userId: string): Promise<string> {
    const session = this.sessions.create({ userId });
    await this.sessions.insert(session);
    return session.id;
  }
}
