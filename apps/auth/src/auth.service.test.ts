import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Users } from '@tenantry/contracts';
import { anonymous, ServiceError, withRequest, type Caller, type Messages } from '@tenantry/service-kit';
import type { AccessTokens } from './keys/access-tokens.js';
import { AuthService } from './auth.service.js';
import { readRefreshToken } from './sessions/refresh-token.js';
import type { SessionStarts } from './sessions/session-starts.js';
import type { SessionsRepository } from './sessions/sessions.repository.js';

const credentials = { email: 'ada@acme.test', password: 'anvil-orbit-walnut-9' };
const request = { ...credentials, limitedForSeconds: null };
const user = { id: randomUUID(), roles: ['viewer'], securityVersion: 7 };
const sessionId = randomUUID();
const tenantId = randomUUID();
const caller: Caller = { ...anonymous, tenantId };

const ask = jest.fn<(message: unknown, request: unknown, options: unknown) => Promise<unknown>>();
const open = jest.fn(async (): Promise<string | undefined> => sessionId);
const wasOpenedFrom = jest.fn<(address: string, email: string) => Promise<boolean>>();
const refused = jest.fn(async () => undefined);
const sign = jest.fn(async (bearer: unknown) => JSON.stringify(bearer));

const service = new AuthService(
  { ask } as unknown as Messages,
  { wasOpenedFrom } as unknown as SessionsRepository,
  { open, refused } as unknown as SessionStarts,
  { sign } as unknown as AccessTokens,
);

beforeEach(() => {
  jest.clearAllMocks();
  ask.mockResolvedValue(user);
});

describe('a login', () => {
  it("asks users in the caller's tenant, opens a session, and signs who it is with which roles", async () => {
    const { accessToken, ...rest } = await service.login(request, caller);
    expect(ask).toHaveBeenCalledWith(Users.verifyPassword, credentials, { tenantId });
    expect(JSON.parse(accessToken)).toEqual({
      sub: user.id,
      tid: tenantId,
      sid: sessionId,
      roles: ['viewer'],
      ver: 7,
    });
    expect(rest).toMatchObject({ tokenType: 'Bearer', expiresIn: 600, refreshExpiresIn: 604_800 });
    expect(readRefreshToken(rest.refreshToken)).toMatchObject({ tenantId, sessionId, counter: 1 });
  });

  it.each(['invalid-credentials', 'overloaded', 'service-unavailable'] as const)(
    'that users answer with %s opens no session, and says the same',
    async (code) => {
      ask.mockRejectedValue(new ServiceError(code, 'no'));
      await expect(service.login(request, caller)).rejects.toMatchObject({ code });
      expect(open).not.toHaveBeenCalled();
      expect(sign).not.toHaveBeenCalled();
      expect(refused).toHaveBeenCalledTimes(code === 'invalid-credentials' ? 1 : 0);
    },
  );

  it('of somebody who was disabled meanwhile is refused as a wrong password is', async () => {
    open.mockResolvedValueOnce(undefined);
    await expect(service.login(request, caller)).rejects.toMatchObject({ code: 'invalid-credentials' });
    expect(sign).not.toHaveBeenCalled();
  });

  it('outside of any tenant costs users what a wrong password costs', async () => {
    ask.mockRejectedValue(new ServiceError('invalid-credentials', 'no'));
    await expect(service.login(request, anonymous)).rejects.toMatchObject({ code: 'invalid-credentials' });
    expect(ask).toHaveBeenCalledWith(Users.verifyPassword, credentials, {});
    expect(refused).not.toHaveBeenCalled();
  });

  describe('where a limit is reached', () => {
    const limited = { ...credentials, limitedForSeconds: 77 };
    const from = (known: boolean, who = caller) => {
      wasOpenedFrom.mockResolvedValue(known);
      const client = { address: '192.0.2.7', agent: undefined };
      const context = { requestId: 'request-1', traceparent: undefined, caller, deadlineAt: Infinity, client };
      return withRequest(context, () => service.login(limited, who));
    };

    it('is heard from an address its account was used from before', async () => {
      expect(await from(true)).toMatchObject({ tokenType: 'Bearer' });
      expect(wasOpenedFrom).toHaveBeenCalledWith('192.0.2.7', credentials.email);
    });

    it.each([
      ['another address', () => from(false)],
      ['a tenant that does not exist', () => from(true, anonymous)],
      ['an address that nobody has seen', () => service.login(limited, caller)],
    ])('is not heard from %s, and no password is looked at', async (_, attempt) => {
      await expect(attempt()).rejects.toMatchObject({ code: 'rate-limited', retryAfterSeconds: 77 });
      expect(ask).not.toHaveBeenCalled();
    });
  });
});
