import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { CommonConfig } from '../config.js';
import { createLog } from '../log.js';
import { Nats } from './nats.js';
import { hearNotices } from './notices.js';

let nats: Nats;
const log = createLog({ service: 'test', instance: 'test', level: 'silent' });

beforeAll(async () => {
  const { TEST_NATS_URL, TEST_NATS_PASSWORDS = '{}' } = process.env;
  const { auth } = JSON.parse(TEST_NATS_PASSWORDS) as Record<string, string>;
  const config = CommonConfig.parse({ NATS_URL: TEST_NATS_URL, NATS_USER: 'auth', NATS_PASSWORD: auth });
  nats = await Nats.open(config, 'notices', log);
});
afterAll(() => nats.close());

test('a notice that cannot be read is passed over, and the next is heard', async () => {
  const subject = 'state.test-notices';
  const heard = new Promise<number>((resolve) => {
    hearNotices(nats, log, subject, z.strictObject({ n: z.int() }), ({ n }) => resolve(n));
  });
  for (const text of ['not json', '', 'null', '{"n":"1"}', '{"n":2}']) nats.connection.publish(subject, text);
  expect(await heard).toBe(2);
  expect(nats.isConnected).toBe(true);
});
