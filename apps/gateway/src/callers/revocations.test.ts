import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Revocation, RevocationPage } from '@tenantry/contracts';
import { createLog, type Messages, type Notices } from '@tenantry/service-kit';
import { Revocations } from './revocations.js';

const log = createLog({ service: 'gateway', instance: 'test', level: 'silent' });
const tenantId = randomUUID();
const userId = randomUUID();
const session = randomUUID();
const bearer = { userId, session, version: 3 };
const running: Revocations[] = [];

afterEach(() => running.splice(0).forEach((one) => one.onApplicationShutdown()));

/** Auth as its contract describes it, and its notices. */
function start(...written: Revocation[]) {
  const auth = { written, asked: [] as number[] };
  const ask = async (_: unknown, { after }: { after: number }): Promise<RevocationPage> => {
    auth.asked.push(after);
    return { position: auth.written.length, revocations: auth.written.slice(after) };
  };
  let told: ((content: unknown) => void) | undefined;
  const hear: Notices['hear'] = (_, listener) => void (told = listener as typeof told);
  const revocations = new Revocations({ ask } as unknown as Messages, { hear }, log);
  running.push(revocations);
  revocations.onApplicationBootstrap();
  const say = (...said: Revocation[]) => told?.({ revocations: said });
  return { auth, revocations, say };
}

const ofSession: Revocation = { kind: 'session', tenantId, sessionId: session };
const ofUser = (version: number, except: string | null = null): Revocation => ({
  ...{ kind: 'user', tenantId, userId, version, except },
});

describe('what was revoked', () => {
  it('before the start is known once it is loaded', async () => {
    const { revocations } = start(ofSession);
    await revocations.loaded;
    expect(revocations.includes(bearer)).toBe(true);
  });

  it('is not known to be nothing while auth has not answered', async () => {
    const revocations = new Revocations(
      { ask: () => Promise.reject(new Error('away')) } as unknown as Messages,
      { hear: () => undefined },
      log,
    );
    running.push(revocations);
    revocations.onApplicationBootstrap();
    await sleep(20);
    expect(revocations.isLoaded).toBe(false);
  });

  it('is heard at once', async () => {
    const { revocations, say } = start();
    await revocations.loaded;
    expect(revocations.includes(bearer)).toBe(false);
    say(ofSession);
    expect(revocations.includes(bearer)).toBe(true);
    expect(revocations.includes({ ...bearer, session: randomUUID() })).toBe(false);
  });

  it('and not heard is known within the second, and counted once', async () => {
    const { auth, revocations, say } = start();
    await revocations.loaded;
    auth.written.push(ofSession, ofUser(2));
    await sleep(1100);
    expect(revocations.includes(bearer)).toBe(true);
    const { changes } = revocations;
    say(ofSession);
    expect(revocations.changes).toBe(changes);
    expect(auth.asked.at(-1)).toBeLessThan(3);
    await sleep(1100);
    expect(auth.asked.at(-1)).toBe(2);
  });

  it.each<[string, Revocation, boolean]>([
    ['a higher version', ofUser(4), true],
    ['its own version', ofUser(3), false],
    ['a higher version, but for its session', ofUser(4, session), false],
    ['a higher version, but for another session', ofUser(4, randomUUID()), true],
    ['another user', { ...ofUser(4), userId: randomUUID() } as Revocation, false],
  ])('below %s: %j', async (_, revocation, isRevoked) => {
    const { revocations, say } = start();
    await revocations.loaded;
    say(revocation);
    expect(revocations.includes(bearer)).toBe(isRevoked);
  });

  it('twice of one user holds twice: the first exception does not save from the second', async () => {
    const { revocations, say } = start();
    await revocations.loaded;
    say(ofUser(4, session), ofUser(5));
    expect(revocations.includes(bearer)).toBe(true);
  });

  it('is asked for from the beginning when the positions are those of another database', async () => {
    const { auth, revocations } = start();
    auth.written.push(ofUser(1), ofUser(2));
    await sleep(1100);
    auth.written = [ofSession];
    await sleep(1100);
    expect(revocations.includes(bearer)).toBe(true);
  });

  it('tells of roles, each change once', async () => {
    const { auth, revocations, say } = start();
    await revocations.loaded;
    const told: unknown[] = [];
    revocations.onRoles((roles) => told.push(roles));
    const changed: Revocation = { kind: 'role', tenantId, roleId: randomUUID(), version: 9 };
    say(changed);
    auth.written.push(changed);
    await sleep(1100);
    expect(told).toEqual([changed]);
  });
});
