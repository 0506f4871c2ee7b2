import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testServers } from '@tenantry/testing';
import { z } from 'zod';
import { CommonConfig } from '../config.js';
import { createLog } from '../log.js';
import { Nats } from './nats.js';
import { hearNotices } from './notices.js';

let nats: Nats;
const log = createLog({ service: 'test', instance: 'test', level: 'silent' });

beforeAll(async () => {
  const { natsUrl, natsPasswords } = testServers();
  const config = CommonConfig.parse({ NATS_URL: natsUrl, NATS_USER: 'auth', NATS_PASSWORD: natsPasswords['auth'] });
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
