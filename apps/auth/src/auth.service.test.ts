import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Users } from '@tenantry/contracts';
import { anonymous, ServiceError, type Messages } from '@tenantry/service-kit';
import type { AccessTokens } from './access-tokens.js';
import { AuthService } from './auth.service.js';
import { readRefreshToken } from './refresh-token.js';
import type { SessionEnds } from './session-ends.js';
import type { SessionsRepository } from './sessions.repository.js';

const credentials = { email: 'ada@acme.test', password: 'anvil-orbit-walnut-9' };
const user = { id: randomUUID(), roles: ['viewer'], securityVersion: 7 };
const sessionId = randomUUID();
const tenantId = randomUUID();
const caller = { ...anonymous, tenantId };

const ask = jest.fn<(message: unknown, request: unknown, options: unknown) => Promise<unknown>>();
const open = jest.fn(async (): Promise<string | undefined> => sessionId);
const makeRoom = jest.fn(async () => undefined);
const sign = jest.fn(async (bearer: unknown) => JSON.stringify(bearer));

const service = new AuthService(
  { ask } as unknown as Messages,
  { open } as unknown as SessionsRepository,
  { makeRoom } as unknown as SessionEnds,
  { sign } as unknown as AccessTokens,
);

beforeEach(() => {
  jest.clearAllMocks();
  ask.mockResolvedValue(user);
});

describe('a login', () => {
  it("asks users in the caller's tenant, opens a session, and signs who it is with which roles", async () => {
    const { accessToken, ...rest } = await service.login(credentials, caller);
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
      await expect(service.login(credentials, caller)).rejects.toMatchObject({ code });
      expect(open).not.toHaveBeenCalled();
      expect(sign).not.toHaveBeenCalled();
    },
  );

  it('of somebody who was disabled meanwhile is refused as a wrong password is', async () => {
    open.mockResolvedValueOnce(undefined);
    await expect(service.login(credentials, caller)).rejects.toMatchObject({ code: 'invalid-credentials' });
    expect(sign).not.toHaveBeenCalled();
  });

  it('outside of any tenant asks nobody', async () => {
    await expect(service.login(credentials, anonymous)).rejects.toMatchObject({ code: 'tenant-not-found' });
    expect(ask).not.toHaveBeenCalled();
  });
});
