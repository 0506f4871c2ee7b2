import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { Nats } from '@tenantry/service-kit';
import { OwnBroker, until } from '@tenantry/testing';
import { StreamMaker, wantedStreams } from './stream-maker.js';
import { keptLog, natsAs, silent, sleep } from './test/broker.js';

// Each on a broker of its own, which begins empty, with the one configuration file that the local stack, compose and Kubernetes use.
const names = wantedStreams.map(({ name }) => name);
let broker: OwnBroker;
let admin: Nats;
let registry: Nats;
/** `products`, taken over: it speaks as that user, whatever it likes. */
let taken: Nats;

beforeEach(async () => {
  broker = await OwnBroker.start();
  [admin, registry, taken] = (await Promise.all(
    ['admin', 'tenant-registry', 'products'].map((user) => natsAs(user, broker.url)),
  )) as [Nats, Nats, Nats];
});
afterEach(async () => {
  await Promise.all([admin, registry, taken].map((nats) => nats.close()));
  broker.remove();
});

async function request({ connection }: Nats, call: string, what: object): Promise<void> {
  const asked = await connection.request(`$JS.API.${call}`, JSON.stringify(what), { timeout: 2000 });
  const answer = asked.json<{ error?: object }>();
  if (answer.error) throw new Error(`${call}: ${JSON.stringify(answer.error)}`);
}

/** All streams there are. */
async function streams(): Promise<StreamInfo[]> {
  const manager = await jetstreamManager(admin.connection, { checkAPI: false });
  const found: StreamInfo[] = [];
  for await (const stream of manager.streams.list()) found.push(stream);
  return found.toSorted((one, other) => one.config.name.localeCompare(other.config.name));
}
const configs = async () => (await streams()).map(({ config }) => config);

describe('on a broker without streams', () => {
  test('a service that was taken over makes none', async () => {
    for (const name of names) {
      const republish = { src: '>', dest: '$JS.API.>' };
      const wanted = { name, subjects: ['users.>', 'state.>'], republish };
      await expect(request(taken, `STREAM.CREATE.${name}`, wanted)).rejects.toThrow();
    }
    expect(await streams()).toEqual([]);
  });

  test('the registry makes all, over their own subjects and published again nowhere', async () => {
    await new StreamMaker(registry, silent).look();
    const made = (await configs()).map(({ name, subjects, republish }) => ({ name, subjects, republish }));
    const own = names.map((name) => name.replace('outbox-hints-', 'outbox-hints.'));
    const wanted = names.map((name, n) => ({ name, subjects: [name === 'events' ? 'events.>' : `${own[n]}.*`] }));
    expect(made).toEqual(wanted.toSorted((one, other) => one.name.localeCompare(other.name)));
  });
});

test('a stream that somebody made otherwise is an alarm, once, and stays as it is', async () => {
  const republish = { src: 'events.>', dest: '_INBOX_users.>' };
  await request(admin, 'STREAM.CREATE.events', { name: 'events', subjects: ['events.>'], republish });
  const { log, lines } = keptLog('warn');
  const maker = new StreamMaker(registry, log);
  for (let look = 0; look < 3; look++) await maker.look();
  expect(lines).toMatchObject([{ level: 'error', stream: 'events', msg: expect.stringMatching(/made otherwise/) }]);
  expect((await configs()).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
});

describe('what JetStream says in the name of a service that was taken over', () => {
  const calls = [
    ...['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'SNAPSHOT', 'RESTORE'].flatMap((call) => [
      `STREAM.${call}.events`,
      `STREAM.${call}.outbox-hints-auth`,
    ]),
    'STREAM.CREATE.products',
    'STREAM.MSG.DELETE.events',
    'CONSUMER.DELETE.events.auth',
  ];
  const own = 'events.products.made-up';
  let before: { configs: unknown; consumers: string[] };
  const consumers = async (): Promise<string[]> => {
    const manager = await jetstreamManager(admin.connection, { checkAPI: false });
    const found: string[] = [];
    for await (const { name } of manager.consumers.list('events')) found.push(name);
    return found;
  };
  const consume = (user: Nats, name: string, config: object): Promise<void> =>
    request(user, `CONSUMER.DURABLE.CREATE.events.${name}`, {
      stream_name: 'events',
      config: { durable_name: name, ack_policy: 'explicit', ...config },
    });
  const publish = (reply: string, body = 'x'): void => taken.connection.publish(own, body, { reply });
  const next = (reply: string): void =>
    taken.connection.publish('$JS.API.CONSUMER.MSG.NEXT.events.products', '{"batch":1,"no_wait":true}', { reply });
  /** The next event that its consumer has, by the subject that acknowledges it. */
  async function take(): Promise<string> {
    const inbox = `_INBOX_products.${Math.random().toString(36).slice(2)}`;
    const taking = taken.connection.subscribe(inbox, { max: 1 });
    next(inbox);
    for await (const message of taking) return message.reply ?? '';
    return '';
  }

  beforeEach(async () => {
    await new StreamMaker(registry, silent).look();
    await consume(admin, 'auth', {});
    for (let step = 0; step < 40; step++) await taken.connection.request(own, '{"name":"events"}');
    await admin.connection.request('events.auth.made-up', '{}');
    await admin.connection.request('outbox-hints.auth.made-up', '{}');
  });
  /** Nothing is missing, changed or added but what it has published itself. */
  async function expectAllThere(): Promise<void> {
    // What was asked last may still be worked on.
    await sleep(500);
    expect({ configs: await configs(), consumers: (await consumers()).toSorted() }).toEqual(before);
    for (const { state } of await streams()) expect(state.messages).toBe(state.last_seq);
    const [events, hints] = [(await streams()).find(({ config }) => config.name === 'events'), 'outbox-hints-auth'];
    expect(events?.state.first_seq).toBe(1);
    expect((await streams()).find(({ config }) => config.name === hints)?.state.messages).toBe(1);
  }

  test.each<[string, (reply: string) => void | Promise<void>]>([
    ['the acknowledgement of what it published', (reply) => publish(reply)],
    ['what it has stored', (reply) => next(reply)],
    ['that there is nothing to take', async (reply) => (await drain(), next(reply))],
    ['that what it heard is acknowledged', async (reply) => taken.connection.publish(await take(), '+ACK', { reply })],
    ['how the stream of events is', (reply) => taken.connection.publish('$JS.API.STREAM.INFO.events', '', { reply })],
    [
      'how its consumer is',
      (reply) => taken.connection.publish('$JS.API.CONSUMER.INFO.events.products', '', { reply }),
    ],
  ])('empties, deletes, changes and makes nothing: %s', async (_, say) => {
    await consume(taken, 'products', { filter_subject: own });
    before = { configs: await configs(), consumers: ['auth', 'products'] };
    for (const call of calls) {
      const arrived = new Promise<void>((resolve) => {
        admin.connection.subscribe(`$JS.API.${call}`, { max: 1, callback: () => resolve() });
        admin.connection.subscribe(own, { callback: () => undefined });
      });
      await admin.flush();
      await say(`$JS.API.${call}`);
      await Promise.race([arrived, sleep(300)]);
    }
    await expectAllThere();
  });

  /** Takes all that its consumer has. */
  async function drain(): Promise<void> {
    const manager = await jetstreamManager(admin.connection, { checkAPI: false });
    while ((await manager.consumers.info('events', 'products')).num_pending > 0) await take();
  }

  test.each(calls.filter((call) => /DELETE|PURGE/.test(call)))(
    'empties, deletes, changes and makes nothing: the heartbeat of its consumer, at %s',
    async (call) => {
      before = { configs: await configs(), consumers: ['auth', 'products'] };
      let beats = 0;
      admin.connection.subscribe(`$JS.API.${call}`, { callback: () => void beats++ });
      await admin.flush();
      const push = { deliver_subject: `$JS.API.${call}`, idle_heartbeat: 100_000_000, filter_subject: 'events.none' };
      await consume(taken, 'products', push);
      await until('it beats', 5000, () => beats > 1);
      await expectAllThere();
    },
  );
});
