import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { until } from './waiting.js';
import { Wire } from './wire.js';

it('a wire that is long for a while turns nothing around: what was said first arrives first', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const wire = await Wire.lay(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect(Number(new URL(wire.url).port), '127.0.0.1');
  let heard = '';
  client.on('data', (bytes) => (heard += bytes.toString()));
  const [speaker] = await accepted;
  wire.delay(300);
  speaker.write('first ');
  // For it to be on its way; where that takes longer it is not delayed at all.
  await sleep(100);
  wire.mend();
  speaker.write('second');
  await until('both have arrived', 10_000, () => heard.length === 'first second'.length);
  expect(heard).toBe('first second');
  wire.remove();
  server.close();
});
