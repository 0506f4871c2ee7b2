import { Controller } from '@nestjs/common';
import { Auth, type ParsedRequestOf } from '@tenantry/contracts';
import { Answers, type Caller } from '@tenantry/service-kit';
import { RefreshesService } from './refreshes.service.js';
import { Revocations } from './revocations.js';
import { SessionsService } from './sessions.service.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly refreshes: RefreshesService,
    private readonly revocations: Revocations,
  ) {}

  @Answers(Auth.refresh)
  refresh(request: ParsedRequestOf<typeof Auth.refresh>, caller: Caller) {
    return this.refreshes.refresh(request, caller);
  }

  @Answers(Auth.logout)
  logout(_request: ParsedRequestOf<typeof Auth.logout>, caller: Caller) {
    return this.sessions.logout(caller);
  }

  @Answers(Auth.sessions)
  list(_request: ParsedRequestOf<typeof Auth.sessions>, caller: Caller) {
    return this.sessions.list(caller);
  }

  @Answers(Auth.endSession)
  end(request: ParsedRequestOf<typeof Auth.endSession>, caller: Caller) {
    return this.sessions.end(request, caller);
  }

  @Answers(Auth.revoke)
  revoke(request: ParsedRequestOf<typeof Auth.revoke>, caller: Caller) {
    return this.sessions.revoke(request, caller);
  }

  @Answers(Auth.revocations)
  revoked({ after }: ParsedRequestOf<typeof Auth.revocations>) {
    return this.revocations.after(after);
  }
}
