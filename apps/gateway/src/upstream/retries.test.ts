import { describe, expect, it } from '@jest/globals';
import { ErrorCatalogue, type ErrorCode, problemOf, Products } from '@tenantry/contracts';
import { type RawReply, ServiceError } from '@tenantry/service-kit';
import { within } from '@tenantry/testing';
import { Retries } from './retries.js';

const reply = (
  status: number,
  code: ErrorCode | undefined = status === 503 ? 'service-unavailable' : undefined,
): RawReply => ({
  status,
  body: code ? Buffer.from(JSON.stringify(problemOf(code, 'said so'), null, 2)) : new Uint8Array(),
  resourceId: undefined,
  etag: undefined,
  isReplayed: false,
  retryAfterSeconds: code && String(ErrorCatalogue[code as 'overloaded'].retryAfterSeconds),
});
const away = () => new ServiceError('service-unavailable', 'away');

/** Answers with each outcome in turn, and with the last for ever; counts. */
function service(...outcomes: (RawReply | Error)[]) {
  let asked = 0;
  const send = async (): Promise<RawReply> => {
    const outcome = outcomes[Math.min(asked++, outcomes.length - 1)]!;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  return { send, asked: () => asked };
}

const later = () => performance.now() + 5000;

describe('a read', () => {
  it('is tried again until its service is there', async () => {
    const { send, asked } = service(away(), reply(503), reply(200));
    expect(await new Retries().around(Products.list, later(), send)).toMatchObject({ status: 200 });
    expect(asked()).toBe(3);
  });

  it('is tried three times at most, and then answered as the last time', async () => {
    const gone = service(away());
    await expect(new Retries().around(Products.list, later(), gone.send)).rejects.toMatchObject({
      code: 'service-unavailable',
    });
    const busy = service(reply(503));
    expect(await new Retries().around(Products.list, later(), busy.send)).toMatchObject({ status: 503 });
    expect([gone.asked(), busy.asked()]).toEqual([3, 3]);
  });

  it.each([200, 400, 404, 409, 500, 504])('that was answered %i is not tried again', async (status) => {
    const { send, asked } = service(reply(status));
    expect(await new Retries().around(Products.list, later(), send)).toMatchObject({ status });
    expect(asked()).toBe(1);
  });

  it.each(['overloaded', 'tenant-maintenance', 'tenant-provisioning', 'tenant-database-unavailable'] as const)(
    'that was answered %s is not tried again: it would only be more of it, or as vain',
    async (code) => {
      const { send, asked } = service(reply(503, code));
      expect(await new Retries().around(Products.list, later(), send)).toMatchObject({ status: 503 });
      expect(asked()).toBe(1);
    },
  );

  it('whose service says that a part of it is away is tried again', async () => {
    const { send, asked } = service(reply(503, 'service-unavailable'), reply(200));
    expect(await new Retries().around(Products.list, later(), send)).toMatchObject({ status: 200 });
    expect(asked()).toBe(2);
  });

  it('that nobody answered in time is not tried again', async () => {
    const { send, asked } = service(new ServiceError('deadline-exceeded', 'late'));
    await expect(new Retries().around(Products.list, later(), send)).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    expect(asked()).toBe(1);
  });

  it('is not held beyond its deadline by pauses', async () => {
    await within(100, new Retries().around(Products.list, performance.now() + 5, service(reply(503)).send));
  });
});

describe('a write', () => {
  it.each([Products.create, Products.update, Products.delete])(
    '$subject is sent once, whatever becomes of it',
    async (write) => {
      for (const outcome of [away(), reply(503)]) {
        const { send, asked } = service(outcome);
        await new Retries().around(write, later(), send).catch(() => undefined);
        expect(asked()).toBe(1);
      }
    },
  );
});

describe('a write under an idempotency key', () => {
  it('is tried again as a read is', async () => {
    const { send, asked } = service(away(), reply(503), reply(201));
    const key = { isKeyed: true };
    expect(await new Retries().around(Products.create, later(), send, key)).toMatchObject({ status: 201 });
    expect(asked()).toBe(3);
  });
});

describe('the budget', () => {
  /** One after another, with no time for pauses. */
  async function fail(retries: Retries, send: () => Promise<RawReply>, times: number): Promise<void> {
    for (let sent = 0; sent < times; sent++) {
      await retries.around(Products.list, performance.now(), send).catch(() => undefined);
    }
  }

  it('lets one request in five be tried again while everything fails', async () => {
    const retries = new Retries();
    const { send, asked } = service(away());
    const requests = 400;
    await fail(retries, send, requests);
    const tries = asked() - requests;
    expect(tries).toBeGreaterThanOrEqual(requests * 0.2);
    // What was saved up at the start comes on top.
    expect(tries).toBeLessThanOrEqual(requests * 0.2 + 20);
  });

  it('is earned again by requests that succeed', async () => {
    const retries = new Retries();
    const gone = service(away());
    await fail(retries, gone.send, 200);
    for (let sent = 0; sent < 100; sent++) await retries.around(Products.list, later(), service(reply(200)).send);
    const { send, asked } = service(away(), reply(200));
    await retries.around(Products.list, later(), send);
    expect(asked()).toBe(2);
  });
});
