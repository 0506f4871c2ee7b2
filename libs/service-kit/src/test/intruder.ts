import { headers as natsHeaders } from '@nats-io/transport-node';
import type { Nats } from '../nats/nats.js';
import { natsAs } from './broker.js';

/**
 * `products`, taken over, on a broker whose streams suit it: they publish again what they store, at inboxes of others. It may not make such
 * ones itself (libs/outbox/src/streams.int.test.ts); what is believed of whom hangs on that nowhere.
 */
export class Intruder {
  private constructor(
    readonly nats: Nats,
    private readonly admin: Nats,
  ) {}

  static async enter(url: string): Promise<Intruder> {
    const intruder = new Intruder(await natsAs('products', url), await natsAs('admin', url));
    // What is stored is published again: under the very subject, of which what a consumer delivers bears another.
    await intruder.#makes(intruder.admin, 'STREAM.CREATE.events', {
      name: 'events',
      subjects: ['events.>'],
      republish: { src: 'events.products.users.>', dest: '_INBOX_users.>' },
    });
    await intruder.#makes(intruder.admin, 'STREAM.CREATE.outbox-hints-products', {
      name: 'outbox-hints-products',
      subjects: ['outbox-hints.products.>'],
      republish: { src: 'outbox-hints.products.>', dest: '_INBOX_gateway.>' },
    });
    await intruder.#makes(intruder.nats, 'CONSUMER.DURABLE.CREATE.events.products', {
      stream_name: 'events',
      config: { durable_name: 'products', ack_policy: 'none', filter_subject: 'events.products.made-up' },
    });
    return intruder;
  }

  /** Has JetStream deliver `body` where it may say nothing itself, and waits until the broker has. */
  async deliver(subject: string, body: string): Promise<void> {
    await this.#publish('events.products.made-up', body);
    await this.#arrives(subject, () => {
      // What is stored is the consumer's a moment later.
      const wanted = JSON.stringify({ batch: 1, expires: 5_000_000_000 });
      this.nats.connection.publish('$JS.API.CONSUMER.MSG.NEXT.events.products', wanted, { reply: subject });
    });
  }

  /** The same at an inbox of `user`, as whatever answer it likes. */
  async forge(user: 'gateway' | 'users', inbox: string, body: string): Promise<void> {
    const own = user === 'gateway' ? 'outbox-hints.products' : 'events.products.users';
    await this.#arrives(`_INBOX_${user}.${inbox}`, () => void this.#publish(`${own}.${inbox}`, body));
  }

  async leave(): Promise<void> {
    await Promise.all([this.nats.close(), this.admin.close()]);
  }

  async #publish(subject: string, body: string): Promise<void> {
    const headers = natsHeaders();
    headers.set('Status', '200');
    await this.nats.connection.request(subject, body, { headers, timeout: 5000 });
  }

  async #arrives(subject: string, send: () => void): Promise<void> {
    const subscription = this.admin.connection.subscribe(subject, { max: 1 });
    await this.admin.flush();
    send();
    for await (const { data } of subscription) if (data.length === 0) throw new Error(`nothing was delivered`);
  }

  async #makes({ connection }: Nats, call: string, what: object): Promise<void> {
    const asked = await connection.request(`$JS.API.${call}`, JSON.stringify(what), { timeout: 5000 });
    const answer = asked.json<object>();
    if ('error' in answer) throw new Error(`${call}: ${JSON.stringify(answer.error)}`);
  }
}
