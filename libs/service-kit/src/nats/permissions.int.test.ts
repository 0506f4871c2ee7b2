import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect, errors, type NatsConnection, type Status } from '@nats-io/transport-node';
import type { QueuedIteratorImpl } from '@nats-io/nats-core/internal';
import * as contracts from '@tenantry/contracts';
import {
  contextKeySubject,
  issuers,
  revocationNotice,
  serviceNames,
  Surveys,
  tenantNotice,
  type Message,
} from '@tenantry/contracts';
import { natsPassword, natsUrl } from '../test/broker.js';

// On the one configuration file that the local stack, compose and Kubernetes use: tools/stack/nats/nats.conf.
const users = [...serviceNames, 'gateway'] as const;
/** Those that open tenants' databases: all but the registry, which makes them. */
const withTenants = serviceNames.filter((name) => name !== 'tenant-registry');
const connections = new Map<string, NatsConnection>();
const as = (user: string): NatsConnection => connections.get(user)!;
const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && 'subject' in value && 'needs' in value;
/** Every message of every contract. */
const all = Object.values<unknown>(contracts).flatMap((set) => Object.values(set ?? {}).filter(isMessage));

/** Who asks what has no signed context: nothing but the broker keeps others from it. */
const askersWithoutContext: Readonly<Record<string, readonly string[]>> = {
  'auth.jwks': ['gateway'],
  'auth.revocations': ['gateway'],
  'tenants.find': ['gateway'],
  'tenants.operators.find': ['gateway'],
  'tenants.locate': withTenants,
  'tenants.changes': [...withTenants, 'gateway'],
};

function askersOf({ needs, subject }: Message): readonly string[] {
  if (needs === 'service') return askersWithoutContext[subject] ?? [];
  return needs.startsWith('system:') ? [needs.slice('system:'.length)] : ['gateway'];
}

beforeAll(async () => {
  for (const user of users) {
    const options = { user, pass: natsPassword(user), inboxPrefix: `_INBOX_${user}`, ignoreAuthErrorAbort: true };
    connections.set(user, await connect({ servers: natsUrl(), ...options, reconnect: false }));
  }
});
afterAll(() => Promise.all([...connections.values()].map((connection) => connection.close())));

const isRefusal = (error: unknown): boolean =>
  error instanceof errors.PermissionViolationError ||
  (error instanceof Error && error.cause instanceof errors.PermissionViolationError);

/** Whether the broker lets `user` say something there; what it refuses, it says before it answers a ping. */
async function mayPublish(user: string, subject: string): Promise<boolean> {
  const connection = as(user);
  let refused = false;
  const status = connection.status() as QueuedIteratorImpl<Status>;
  const watching = (async () => {
    for await (const said of status)
      refused ||= said.type === 'error' && isRefusal(said.error) && said.error.message.includes(`"${subject}"`);
  })();
  connection.publish(subject, 'x');
  await connection.flush();
  status.stop();
  await watching;
  return !refused;
}

async function maySubscribe(user: string, subject: string): Promise<boolean> {
  let refused = false;
  const subscription = as(user).subscribe(subject, { callback: (error) => void (refused ||= isRefusal(error)) });
  await as(user).flush();
  await new Promise((resolve) => setImmediate(resolve));
  subscription.unsubscribe();
  return !refused;
}

const key = (issuer: string): string => contextKeySubject(`${issuer}.${randomBytes(9).toString('hex')}`);
const isIssuer = (user: string): boolean => (issuers as readonly string[]).includes(user);

describe('on the broker', () => {
  test.each([
    ['nobody', {}],
    ['a stranger', { user: 'stranger', pass: 'x' }],
    ['a service with a wrong password', { user: 'products', pass: 'x' }],
    ['a service with no password', { user: 'products', pass: '' }],
  ])('%s is not let in', async (_, credentials) => {
    await expect(connect({ servers: natsUrl(), ...credentials, reconnect: false })).rejects.toThrow(/[Aa]uthorization/);
  });

  test.each(all)('$subject is heard by its service and by no other', async ({ subject, service }) => {
    for (const user of users) expect([user, await maySubscribe(user, subject)]).toEqual([user, user === service]);
  });

  test.each(all)('$subject can be asked by whom it is for, and by nobody else', async (message) => {
    const allowed: string[] = [];
    for (const user of users) if (await mayPublish(user, message.subject)) allowed.push(user);
    expect(allowed).toEqual(askersOf(message));
  });

  test.each(['auth', 'users', 'products', 'tenants', 'state', 'instances', 'events', 'outbox-hints'])(
    'no service may say whatever it likes under %s.>',
    async (word) => {
      for (const user of serviceNames) expect([user, await mayPublish(user, `${word}.made-up`)]).toEqual([user, false]);
    },
  );

  test('an issuer is asked for keys under its own name, and nobody under another', async () => {
    for (const user of [...users, 'nobody'])
      for (const other of users)
        for (const subject of [key(user), `context-keys.${user}.>`])
          expect([other, subject, await maySubscribe(other, subject)]).toEqual([
            other,
            subject,
            user === other && isIssuer(user),
          ]);
  });

  test('everybody can ask for keys', async () => {
    for (const user of users)
      for (const issuer of issuers)
        expect([user, issuer, await mayPublish(user, key(issuer))]).toEqual([user, issuer, true]);
  });

  test('nobody changes, empties or deletes a stream, or adds one of their own', async () => {
    for (const user of users)
      for (const call of ['UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE'])
        expect([user, call, await mayPublish(user, `$JS.API.STREAM.${call}.events`)]).toEqual([user, call, false]);
    for (const user of users)
      for (const name of ['everything', 'KV_context-keys'])
        expect([user, await mayPublish(user, `$JS.API.STREAM.CREATE.${name}`)]).toEqual([user, false]);
  });

  test('the registry makes all streams that there are, and nobody else any', async () => {
    for (const stream of ['events', ...withTenants.map((name) => `outbox-hints-${name}`)])
      for (const user of users) {
        const may = await mayPublish(user, `$JS.API.STREAM.CREATE.${stream}`);
        expect([user, stream, may]).toEqual([user, stream, user === 'tenant-registry']);
      }
  });

  test('the gateway has nothing to say to JetStream', async () => {
    for (const call of ['INFO', 'STREAM.INFO.events', 'STREAM.CREATE.events', 'DIRECT.GET.events.events.x'])
      expect([call, await mayPublish('gateway', `$JS.API.${call}`)]).toEqual([call, false]);
  });

  test('answers arrive at the one who asked, and nobody else can listen there', async () => {
    for (const user of users)
      for (const other of users)
        expect([user, other, await maySubscribe(user, `_INBOX_${other}.>`)]).toEqual([user, other, user === other]);
  });

  test.each(['>', '*', '*.>', 'state.>', 'instances.>', '_INBOX.>', '$SYS.>', '$JS.>', 'context-keys.>'])(
    'nobody listens to %s',
    async (subject) => {
      for (const user of users) expect([user, await maySubscribe(user, subject)]).toEqual([user, false]);
    },
  );

  test('a service answers who may ask it, where they hear from it, an issuer everybody for its keys, and nobody else anywhere', async () => {
    const asksOf = (asker: string, service: string): boolean =>
      all.some((message) => message.service === service && askersOf(message).includes(asker));
    for (const user of users)
      for (const other of users)
        for (const service of users) {
          const mayAnswer = user === other || (user === service && (isIssuer(user) || asksOf(other, service)));
          const inbox = `_INBOX_${other}.${service}.x.y`;
          expect([user, inbox, await mayPublish(user, inbox)]).toEqual([user, inbox, mayAnswer]);
        }
  });

  test('instances answer who may ask all of them', async () => {
    for (const user of users) {
      const mayAnswer = withTenants.some((name) => name === user) || user === 'tenant-registry';
      expect([user, await mayPublish(user, '_INBOX_tenant-registry.instances.x')]).toEqual([user, mayAnswer]);
    }
  });

  test('who asks itself gains no subject to answer to', async () => {
    for (const user of users) {
      const own = `_live.${user}.${randomBytes(6).toString('hex')}`;
      for (const wanted of [
        'state.revocations',
        'state.tenants',
        '$JS.API.STREAM.CREATE.evil',
        '_INBOX_auth.x.y',
        '_INBOX_auth.instances.y',
      ]) {
        if (wanted.includes(`.${user}.`) || wanted.startsWith(`_INBOX_${user}.`)) continue;
        if (user === 'tenant-registry' && wanted === 'state.tenants') continue;
        if (user === 'auth' && wanted === 'state.revocations') continue;
        const asked = new Promise<void>((resolve) => {
          as(user).subscribe(own, { max: 1, callback: () => resolve() });
        });
        as(user).publish(own, 'x', { reply: wanted });
        await asked;
        expect([user, wanted, await mayPublish(user, wanted)]).toEqual([user, wanted, false]);
      }
    }
  });

  test.each<[string, string, readonly string[]]>([
    [tenantNotice.subject, tenantNotice.teller, [...withTenants, 'gateway']],
    [revocationNotice.subject, revocationNotice.teller, ['gateway']],
    [Surveys.pools.subject, 'tenant-registry', withTenants],
  ])('%s is said by %s alone, and heard by those whom it concerns', async (subject, teller, hearers) => {
    for (const user of users) {
      const expected = [user, user === teller, hearers.includes(user)];
      expect([user, await mayPublish(user, subject), await maySubscribe(user, subject)]).toEqual(expected);
    }
  });

  test.each(['auth', 'users', 'products', 'tenants', 'events', 'outbox-hints'])(
    'nobody listens to %s.> but the service of that name',
    async (word) => {
      for (const user of users) {
        const isOwn = user === (word === 'tenants' ? 'tenant-registry' : word);
        expect([user, await maySubscribe(user, `${word}.>`)]).toEqual([user, isOwn]);
      }
    },
  );

  test('everybody can ask itself whether it is alive, and nobody another', async () => {
    for (const user of users)
      for (const other of users) {
        const expected = [user, other, user === other, user === other];
        const subject = `_live.${other}.x`;
        expect([user, other, await mayPublish(user, subject), await maySubscribe(user, subject)]).toEqual(expected);
      }
  });
});
