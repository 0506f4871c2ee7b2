import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { natsAs, silent } from '../test/broker.js';
import type { Nats } from './nats.js';
import { hearNotices } from './notices.js';

let nats: Nats;
/** Tells what no service may, and the other hears it. */
let admin: Nats;

beforeAll(async () => void ([nats, admin] = await Promise.all([natsAs('admin'), natsAs('admin')])));
afterAll(() => Promise.all([nats.close(), admin.close()]));

test('a notice that cannot be read is passed over, and the next is heard', async () => {
  const subject = 'state.test-notices';
  const heard = new Promise<number>((resolve) => {
    hearNotices(nats, silent, subject, z.strictObject({ n: z.int() }), ({ n }) => resolve(n));
  });
  await nats.flush();
  for (const text of ['not json', '', 'null', '{"n":"1"}', '{"n":2}']) admin.connection.publish(subject, text);
  expect(await heard).toBe(2);
  expect(nats.isConnected).toBe(true);
});
