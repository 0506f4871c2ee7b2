import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { survey, type Survey } from '@tenantry/contracts';
import { within } from '@tenantry/testing';
import { z } from 'zod';
import { keptLog, natsAs, silent } from '../test/broker.js';
import type { Nats } from './nats.js';
import { answerSurvey, askInstances } from './surveys.js';

const Reply = z.strictObject({ instance: z.string() });
const { log, lines } = keptLog('warn');
let instances: Nats[];
// All as the one user who may take part in surveys that no contract has.
let asker: Nats;

beforeAll(async () => {
  asker = await natsAs('admin');
  instances = await Promise.all(Array.from({ length: 3 }, () => natsAs('admin')));
});
afterAll(() => Promise.all([asker, ...instances].map((nats) => nats.close())));

const fresh = (): Survey<typeof Reply> => survey(`instances.a${randomUUID()}`, Reply);
const ask = async (what: Survey<typeof Reply>): Promise<string[]> =>
  (await askInstances(asker, log, what)).map(({ instance }) => instance).sort();

describe('a survey', () => {
  test('brings an answer of every instance of one service', async () => {
    const what = fresh();
    for (const [number, nats] of instances.entries())
      answerSurvey(nats, silent, what, () => ({ instance: String(number) }));
    await Promise.all(instances.map((nats) => nats.flush()));
    expect(await ask(what)).toEqual(['0', '1', '2']);
  });

  test('of nobody is empty, at once', async () => {
    expect(await within(200, ask(fresh()))).toEqual([]);
  });

  test('goes without those who cannot answer, and without answers that cannot be read', async () => {
    const what = fresh();
    const [well, failing, odd] = instances as [Nats, Nats, Nats];
    answerSurvey(well, silent, what, () => ({ instance: 'well' }));
    answerSurvey(failing, log, what, () => {
      throw new Error('nothing to tell');
    });
    odd.connection.subscribe(what.subject, { callback: (_, msg) => void msg.respond('{"instance":') });
    await Promise.all(instances.map((nats) => nats.flush()));
    expect(await ask(what)).toEqual(['well']);
    const said = lines.map(({ msg }) => msg).sort();
    expect(said).toEqual(['a survey cannot be answered', 'an answer to a survey that cannot be read']);
    expect(failing.isConnected).toBe(true);
  });
});
