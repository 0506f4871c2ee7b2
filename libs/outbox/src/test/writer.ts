import { randomUUID } from 'node:crypto';
import type { ServiceName } from '@tenantry/contracts';
import { anonymous, withRequest, type Nats } from '@tenantry/service-kit';
import { PostOffice } from '../post-office.js';
import type { OutboxSettings } from '../settings.js';
import { tenantStore } from '../store.js';
import { natsAs, silent, type OwnEvent } from './broker.js';
import type { Tenants } from './tenants.js';

/** As a service in a tenant's message: a request, and the tenant's lease. */
export function asked<Result>(tenants: Tenants, tenantId: string, work: () => Promise<Result>): Promise<Result> {
  const request = {
    requestId: randomUUID(),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    caller: { ...anonymous, tenantId },
    deadlineAt: performance.now() + 5000,
  };
  return withRequest(request, () => tenants.runInTenant(tenantId, work));
}

/** One instance of `products`, or of another service, which makes products and tells of it. */
export class Writer {
  private constructor(
    readonly office: PostOffice,
    readonly nats: Nats,
    private readonly tenants: Tenants,
  ) {}

  static async start(
    tenants: Tenants,
    settings: Partial<OutboxSettings> = {},
    url?: string,
    service: ServiceName = 'products',
  ): Promise<Writer> {
    const nats = await natsAs(service, url);
    const store = tenantStore(tenants);
    const office = new PostOffice({ service, store, nats, log: silent, settings });
    office.start();
    return new Writer(office, nats, tenants);
  }

  /** An instance that commits and never comes to tell. */
  static startMute(tenants: Tenants, settings: Partial<OutboxSettings> = {}): Promise<Writer> {
    return Writer.start(tenants, { ...settings, coalesceMs: 3_600_000, sweepMs: 3_600_000 });
  }

  /** Makes a product and tells so, `meanwhile` in the same transaction. */
  write(
    event: OwnEvent,
    tenantId: string,
    { aggregate = randomUUID(), step = 0, meanwhile = async (): Promise<void> => undefined } = {},
  ): Promise<void> {
    const { outbox } = this.office;
    return asked(this.tenants, tenantId, () =>
      outbox.transaction(async () => {
        await this.tenants.query('make', `INSERT INTO products (name, price) VALUES ($1, 1)`, [aggregate]);
        outbox.add(event, { aggregate, data: { step } });
        await meanwhile();
      }),
    );
  }

  /** Counts a product up, which locks its row, and tells the new count. */
  change(event: OwnEvent, tenantId: string, aggregate: string): Promise<void> {
    const { outbox } = this.office;
    const count =
      'UPDATE products SET stock_quantity = stock_quantity + 1 WHERE name = $1 RETURNING stock_quantity AS step';
    return asked(this.tenants, tenantId, () =>
      outbox.transaction(async () => {
        const [row] = await this.tenants.query<{ step: number }>('count', count, [aggregate]);
        outbox.add(event, { aggregate, data: { step: row!.step } });
      }),
    );
  }

  /** Gone as by kill -9: nothing is finished, nothing is said. */
  async die(): Promise<void> {
    await this.nats.connection.close();
  }

  async leave(): Promise<void> {
    await this.office.close();
    await this.nats.close();
  }
}
