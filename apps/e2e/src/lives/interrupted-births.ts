import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Tenant } from '@tenantry/contracts';
import { login, type Stack, tenantWish } from '@tenantry/testing';
import { ended } from '../stories/many-births.js';
import {
  bothRun,
  deaths,
  end,
  expectNoOrphans,
  instanceAt,
  interruptedRounds,
  untilAccepted,
} from './interruptions.js';
import { expectNothingOf } from './states.js';

const moments = [
  ['reserve', 'database', 'a step begins'],
  ['database', 'database', 'a step is done'],
  ['first-admin', 'first-admin', 'a step is done'],
  ['activate', 'activate', 'a step is done'],
] as const;
const rounds = Array.from({ length: interruptedRounds }).flatMap(() =>
  deaths.flatMap((death) => moments.map((moment) => [death, ...moment] as const)),
);
const undone = Array.from({ length: interruptedRounds }).flatMap(() => deaths);

/** The registry ends in the middle of births; whoever is left, or comes back, finishes them. */
export const interruptedBirths = (stack: () => Stack): void =>
  describe('a birth whose registry ends', () => {
    const births: { wish: ReturnType<typeof tenantWish>; location: string }[] = [];

    const begin = async (): Promise<string> => {
      const wish = tenantWish();
      const created = await untilAccepted(() => stack().operator.post<Tenant>('/v1/admin/tenants', wish));
      const location = created.headers.location!;
      births.push({ wish, location });
      return location;
    };

    // Three at a time: of the two others nobody knows how far they are, in the middle of a step for instance.
    it.each(rounds)(
      '(%s) after %s ends all the same',
      async (death, _, step, msg) => {
        const [location] = await Promise.all([begin(), begin(), begin()]);
        await end(stack(), await instanceAt(stack(), location, step, msg), death);
      },
      150_000,
    );

    it('by a process that stood still in the middle of a step and wakes up late too', async () => {
      await bothRun(stack());
      const instance = await instanceAt(stack(), await begin(), 'database', 'a step begins');
      const sleeper = stack().pidOf(instance);
      process.kill(sleeper, 'SIGSTOP');
      // Long enough to be taken for dead, and for another one to go on.
      await sleep(7500);
      process.kill(sleeper, 'SIGCONT');
    }, 60_000);

    it('is over within a minute: all are active, with one database and one role each', async () => {
      const operations = await Promise.all(births.map(({ location }) => ended(stack(), location)));
      const failed = births.filter((_, index) => operations[index]!.state === 'failed');
      for (const { wish } of births.filter((birth) => !failed.includes(birth)))
        await login(stack(), wish.slug, wish.admin.email, wish.admin.password);
      // What has failed is free again.
      for (const { wish } of failed) expect((await stack().operator.post('/v1/admin/tenants', wish)).status).toBe(202);
      await expectNoOrphans(stack());
      expect(failed).toEqual([]);
    }, 150_000);

    it.each(undone)(
      '(%s) while it is undone leaves no database, no role and a free slug',
      async (death) => {
        await bothRun(stack());
        const wish = tenantWish();
        const letAdminsBe = await refuseAdminOf(stack(), wish.slug);
        try {
          const created = await untilAccepted(() => stack().operator.post<Tenant>('/v1/admin/tenants', wish));
          const location = created.headers.location!;
          await end(stack(), await instanceAt(stack(), location, 'undo', 'a step begins'), death);
          expect((await ended(stack(), location)).state).toBe('failed');
          await expectNothingOf(stack(), created.body.id);
        } finally {
          await letAdminsBe();
        }
        const again = await untilAccepted(() => stack().operator.post<Tenant>('/v1/admin/tenants', wish));
        expect((await ended(stack(), again.headers.location!)).state).toBe('succeeded');
        await expectNoOrphans(stack());
      },
      120_000,
    );
  });

/**
 * A birth under this slug fails when its database is made and its first admin is to be.
 * @returns lets the next one be.
 */
async function refuseAdminOf(stack: Stack, slug: string): Promise<() => Promise<void>> {
  const registry = await stack.openDatabase('registry');
  await registry.query(`
    CREATE FUNCTION no_admin() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN NEW.first_admin := NULL; RETURN NEW; END';
    CREATE TRIGGER no_admin BEFORE INSERT ON tenants FOR EACH ROW WHEN (NEW.slug = '${slug}') EXECUTE FUNCTION no_admin()`);
  return async () => {
    await registry.query('DROP FUNCTION no_admin CASCADE');
    await registry.end();
  };
}
