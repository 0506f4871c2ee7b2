import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts } from '@tenantry/testing';
import { Health } from './health.js';
import { listenInternally } from './internal-server.js';
import { Metrics } from './metrics.js';
import { Asker } from './test/asker.js';
import { Child } from './test/child.js';

let asker: Asker;
beforeAll(async () => void (asker = await Asker.start()));
afterAll(() => asker.close());

describe('the internal port', () => {
  test('tells each message by its status, and what Node does', async () => {
    const child = await Child.ready();
    const { plain } = child.messages;
    for (const text of ['one', 'two']) await asker.ask(plain, { text }, { context: undefined });
    expect((await asker.ask(plain, { text: 7 }, { context: undefined })).status).toBe(400);
    const page = await child.metrics();
    expect(page).toContain(
      `tenantry_message_duration_seconds_count{service="products",message="${plain.subject}",status="200"} 2`,
    );
    expect(page).toContain(
      `tenantry_message_duration_seconds_count{service="products",message="${plain.subject}",status="400"} 1`,
    );
    expect(page).toContain('tenantry_nats_connected{service="products"} 1');
    expect(page).toMatch(/^nodejs_eventloop_lag_p99_seconds\{service="products"\} \d/m);
    await child.kill();
  });

  test('reads what others keep at each scrape, and says so when it cannot', async () => {
    const metrics = new Metrics('products');
    const kept = metrics.gauge('kept', 'What somebody keeps.');
    let value = 1;
    metrics.onScrape(() => {
      if (value < 0) throw new Error('gone');
      kept.set(value);
    });
    const port = await freePorts();
    const server = await listenInternally('127.0.0.1', port, new Health(), metrics);
    const scrape = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/metrics`);
    expect(await (await scrape()).text()).toContain('kept{service="products"} 1\n');
    value = 2;
    const second = await scrape();
    expect(second.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await second.text()).toContain('kept{service="products"} 2\n');
    value = -1;
    expect((await scrape()).status).toBe(500);
    server.close();
    server.closeAllConnections();
  });
});
