import { describe, expect, test } from '@jest/globals';
import { defaultSettings } from './settings.js';
import type { Query, Store } from './store.js';
import type { EventStreams } from './streams.js';
import { Teller } from './teller.js';

const row = (aggregate: string, step: number) => ({
  ...{ mine: true, position: String(step), id: `${aggregate}-${step}`, type: 'products.changed' },
  ...{ dataschema: 'urn:x', aggregate, data: { step }, time: new Date(), requestId: null, traceparent: null },
  tenantId: null,
});

/** An outbox with these rows, and a JetStream that refuses some ids. */
function tellerOf(rows: unknown[], refused: readonly string[], isConnected = true) {
  const sent: string[] = [];
  let asked = 0;
  const removed: unknown[] = [];
  const query: Query = async <Row>(name: string, _text: string, values: unknown[] = []) => {
    asked++;
    if (name === 'outbox_remove') removed.push(...(values[0] as unknown[]));
    return rows as Row[];
  };
  const store: Store = {
    isCentral: false,
    here: () => 'acme',
    tenantOf: (place) => place,
    within: (_place, work) => work(),
    transaction: (work) => work(undefined as never, query),
  };
  const streams = {
    isConnected,
    service: 'products',
    publish: async (_subject: string, _body: string, { id }: { id: string }) => {
      sent.push(id);
      if (refused.includes(id)) throw new Error(`${id} was not acknowledged`);
    },
  } as unknown as EventStreams;
  return { teller: new Teller(store, streams, defaultSettings), sent, removed, asked: () => asked };
}

describe('a visit', () => {
  test('sends nothing of an aggregate after an event that was not acknowledged, but the rest, which is told for good, and then fails', async () => {
    const rows = [row('chair', 1), row('table', 2), row('chair', 3), row('table', 4), row('chair', 5)];
    const { teller, sent, removed } = tellerOf(rows, ['chair-3']);
    await expect(teller.visit('acme')).rejects.toThrow('chair-3 was not acknowledged');
    expect(sent.filter((id) => id.startsWith('chair'))).toEqual(['chair-1', 'chair-3']);
    expect(sent.filter((id) => id.startsWith('table'))).toEqual(['table-2', 'table-4']);
    expect(removed.toSorted()).toEqual(['1', '2', '4']);
  });

  test('asks no database while the broker is away', async () => {
    const { teller, asked } = tellerOf([row('chair', 1)], [], false);
    await expect(teller.visit('acme')).rejects.toMatchObject({ code: 'service-unavailable' });
    expect(asked()).toBe(0);
  });

  test('tells an empty outbox from one that another instance is at', async () => {
    expect(await tellerOf([{ mine: true, position: null }], []).teller.visit('acme')).toBe('empty');
    expect(await tellerOf([{ mine: false, position: null }], []).teller.visit('acme')).toBe('locked');
  });
});
