import { Injectable } from '@nestjs/common';
import type { Auth, ParsedRequestOf, ReplyOf } from '@tenantry/contracts';
import { type Caller, ServiceError } from '@tenantry/service-kit';
import { SessionEnds } from './session-ends.js';
import { SessionsRepository } from './sessions.repository.js';

/** What people may do with their own sessions, and users with those of whose access has changed. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly ends: SessionEnds,
  ) {}

  async list({ userId, session }: Caller): Promise<ReplyOf<typeof Auth.sessions>> {
    const found = await this.sessions.list(userId!);
    return { data: found.map((one) => ({ ...one, current: one.id === session })), nextCursor: null };
  }

  /** Also of a session that has ended already: its owner may not have heard. */
  async logout({ tenantId, userId, session }: Caller): Promise<null> {
    await this.ends.one(tenantId!, userId!, session!, 'logout');
    return null;
  }

  /** @throws ServiceError `not-found`, also for somebody else's. */
  async end({ id }: ParsedRequestOf<typeof Auth.endSession>, { tenantId, userId }: Caller): Promise<null> {
    if (!(await this.sessions.has(userId!, id))) throw new ServiceError('not-found', 'There is no such session.');
    await this.ends.one(tenantId!, userId!, id, 'revoked');
    return null;
  }

  async revoke({ change }: ParsedRequestOf<typeof Auth.revoke>, { tenantId }: Caller): Promise<null> {
    await this.ends.change(tenantId!, change);
    return null;
  }
}
