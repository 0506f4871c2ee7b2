import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { headers as natsHeaders } from '@nats-io/transport-node';
import { Headers } from '@tenantry/contracts';
import { Asker } from '../test/asker.js';
import { natsAs, natsPassword, natsUrl } from '../test/broker.js';
import { ownMessages, startProducts } from '../test/products.js';
import type { Nats } from './nats.js';

const id = randomUUID();
let service: Awaited<ReturnType<typeof startProducts>>;
let gateway: Asker;

beforeAll(async () => {
  service = await startProducts();
  gateway = await Asker.start('gateway');
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});

/** NATS as anyone may speak it who is let in: by hand, past what a client library would refuse to send. */
class ByHand {
  #said = '';

  private constructor(
    private readonly socket: Socket,
    private readonly user: string,
  ) {
    socket.on('data', (bytes: Buffer) => (this.#said += bytes.toString('latin1')));
  }

  static async enter(user: string): Promise<ByHand> {
    const { hostname, port } = new URL(natsUrl());
    const byHand = new ByHand(connect(Number(port), hostname), user);
    const login = { user, pass: natsPassword(user), headers: true, verbose: false, no_responders: true };
    byHand.write(`CONNECT ${JSON.stringify(login)}\r\nPING\r\n`);
    await byHand.hears('PONG');
    return byHand;
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  async subscribe(subject: string): Promise<void> {
    this.#said = '';
    this.write(`SUB ${subject} 1\r\nPING\r\n`);
    await this.hears('PONG');
  }

  publish(subject: string, reply: string, headers: string, body: string): void {
    const head = `NATS/1.0\r\n${headers}\r\n\r\n`;
    this.write(`HPUB ${subject} ${reply} ${head.length} ${head.length + body.length}\r\n${head}${body}\r\n`);
  }

  /** What was answered to a question with these headers. */
  async ask(subject: string, headers: string): Promise<string> {
    const inbox = `_INBOX_${this.user}.products.${randomUUID()}`;
    await this.subscribe(inbox);
    this.publish(subject, inbox, headers, '{"text":"x"}');
    await this.hears('"code":');
    return this.#said;
  }

  async hears(word: string): Promise<void> {
    const deadline = performance.now() + 4000;
    while (!this.#said.includes(word)) {
      if (performance.now() > deadline) throw new Error(`never heard ${word}: ${this.#said.slice(-500)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** The inbox of the question it was asked. */
  get asker(): string {
    return /MSG \S+ 1 (\S+) /.exec(this.#said)?.[1] ?? '';
  }

  leave(): void {
    this.socket.destroy();
  }
}

let byHand: ByHand | undefined;
let answering: Nats | undefined;
afterEach(async () => {
  byHand?.leave();
  await answering?.close();
  answering = undefined;
});

const hostile: readonly (readonly [what: string, headers: string, body?: string])[] = [
  ['a name with a space', 'bad name: x'],
  ['a name that is not ASCII', 'n\u00e4me: x'],
  ['a name as long as a book', `${'n'.repeat(1_000_000)}: x`],
  ['a name for each byte', Array.from({ length: 200_000 }, (_, n) => `h${n}:`).join('\r\n')],
  ['names of every object', '__proto__: x\r\nconstructor: y\r\nbad name: z'],
];

describe('a service that is sent', () => {
  test.each(hostile)('%s in a header refuses it at once, and works on', async (_, headers) => {
    byHand = await ByHand.enter('gateway');
    const started = performance.now();
    expect(await byHand.ask(service.messages.plain.subject, headers)).toContain('"code":"bad-request"');
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await gateway.ask(service.messages.plain, { text: 'on' })).toMatchObject({ body: { text: 'on' } });
  });
});

describe('who asks and is answered with', () => {
  test.each([...hostile, ['a name with a space, and nothing else', 'bad name: x', '']] satisfies typeof hostile)(
    '%s in a header takes it for a defect, and asks on',
    async (_, headers, body = '{}') => {
      const messages = ownMessages();
      byHand = await ByHand.enter('products');
      await byHand.subscribe(messages.get.subject);
      const asked = gateway.ask(messages.get, { id });
      await byHand.hears('MSG ');
      byHand.publish(byHand.asker, '', headers, body);
      await expect(asked).rejects.toMatchObject({ code: 'internal' });
      expect(gateway.nats.isConnected).toBe(true);
      expect(await gateway.ask(service.messages.plain, { text: 'on' })).toMatchObject({ body: { text: 'on' } });
    },
  );

  test('ten thousand answers to one question takes the first, and forgets the rest', async () => {
    const messages = ownMessages();
    answering = await natsAs('products');
    const good = natsHeaders();
    good.set(Headers.status, '200');
    answering.connection.subscribe(messages.plain.subject, {
      callback: (_, msg) => {
        for (let time = 0; time < 10_000; time++) msg.respond('{"text":"again"}', { headers: good });
      },
    });
    await answering.flush();
    expect(await gateway.ask(messages.plain, { text: 'x' })).toMatchObject({ body: { text: 'again' } });
    expect(gateway.messages.pending).toBe(0);
    expect(await gateway.ask(service.messages.plain, { text: 'on' })).toMatchObject({ body: { text: 'on' } });
  });
});
