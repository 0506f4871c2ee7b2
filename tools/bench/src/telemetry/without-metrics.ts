import { createRequire } from 'node:module';

// Loaded into each process of an arm before anything else: keeps metrics from being kept, so that their cost can be seen. The product itself
// has no such switch. Instruments take their method from these when they are made.
const client = createRequire(import.meta.url)('prom-client') as Record<string, unknown> & {
  Histogram: { prototype: object };
  Counter: { prototype: object };
  Gauge: { prototype: object };
};
const nothing = (): void => undefined;

Object.assign(client.Histogram.prototype, { observeWithoutExemplar: nothing });
Object.assign(client.Counter.prototype, { incWithoutExemplar: nothing });
Object.assign(client.Gauge.prototype, { set: nothing });
client['collectDefaultMetrics'] = nothing;
