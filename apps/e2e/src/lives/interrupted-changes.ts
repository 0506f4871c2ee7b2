import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation } from '@tenantry/contracts';
import { createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { ended } from '../stories/many-births.js';
import type { FormerKey } from './former-key.js';
import { deaths, end, expectNoOrphans, instanceAt, interruptedRounds, untilAccepted } from './interruptions.js';
import { expectNothingOf } from './states.js';

const reason = 'because a test says so';
const stepsOf = {
  'rotate-credentials': ['credentials', 'role', 'try', 'switch', 'overlap', 'retire'],
  'delete-tenant': ['drop', 'purge'],
  'rewrap-secrets': ['clusters', 'tenants'],
} as const;
type Kind = keyof typeof stepsOf;
const kinds = Object.keys(stepsOf) as Kind[];
const rounds = Array.from({ length: interruptedRounds }).flatMap(() =>
  deaths.flatMap((death) => kinds.flatMap((kind) => stepsOf[kind].map((step) => [death, kind, step] as const))),
);

/** The registry ends in the middle of what happens to tenants after their birth. */
export const interruptedChanges = (stack: () => Stack, former: FormerKey): void =>
  describe('a change whose registry ends', () => {
    const kept: StackTenant[] = [];
    const removed: StackTenant[] = [];
    const locations: string[] = [];

    beforeAll(async () => {
      // Each has one operation at a time, so that each round has one of its own; a few at once.
      for (const [, kind] of rounds)
        if (kind === 'rotate-credentials') kept.push(await createTenant(stack()));
        else if (kind === 'delete-tenant') removed.push(await createTenant(stack()));
    }, 60_000);

    const begin = async (kind: Kind, count: number): Promise<string> => {
      const json = { 'content-type': 'application/json' };
      const ask = (): ReturnType<typeof post> => {
        if (kind === 'rewrap-secrets') return post('/v1/admin/secrets/rewrap');
        if (kind === 'rotate-credentials') return post(`/v1/admin/tenants/${kept[count]!.id}/rotate-credentials`);
        const { id, slug } = removed[count]!;
        const body = JSON.stringify({ confirmSlug: slug, reason });
        return stack().operator.send<Operation>('DELETE', `/v1/admin/tenants/${id}`, body, json);
      };
      const post = (path: string) => stack().operator.post<Operation>(path, { reason });
      const location = (await untilAccepted(ask)).headers.location!;
      locations.push(location);
      return location;
    };
    const begun: Record<Kind, number> = { 'rotate-credentials': 0, 'delete-tenant': 0, 'rewrap-secrets': 0 };

    it.each(rounds)(
      '(%s) %s after %s ends all the same',
      async (death, kind, step) => {
        if (kind === 'rewrap-secrets') await former.wrapAll(stack());
        const location = await begin(kind, begun[kind]++);
        await end(stack(), await instanceAt(stack(), location, step), death);
      },
      150_000,
    );

    it('is over within a minute: all have succeeded, who was kept is served, of who was removed nothing is left', async () => {
      const operations = await Promise.all(locations.map((location) => ended(stack(), location)));
      expect(operations.map(({ kind, state }) => [kind, state])).toEqual(rounds.map(([, kind]) => [kind, 'succeeded']));
      expect(await former.count(stack())).toBe(0);
      for (const { admin } of kept) expect((await admin.get('/v1/products')).status).toBe(200);
      for (const { id, slug } of removed) {
        await expectNothingOf(stack(), id);
        await createTenant(stack(), { slug });
      }
      await expectNoOrphans(stack());
    }, 120_000);
  });
