import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Where a request's time ends: its deadline is 5 s, and its client has an answer within 6 s. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 6];

/**
 * What this process tells Prometheus (https://prometheus.io/docs/practices/naming): everything has the label `service`, Node's own figures
 * (event loop, heap, CPU) included. What others keep anyway is read when somebody asks, not before.
 */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #collectors: (() => void)[] = [];

  constructor(service: string) {
    this.#registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.#registry });
  }

  /** How long something took, in seconds. */
  durations<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets: durationBuckets, registers: [this.#registry] });
  }

  /** How often something happened since the start of the process. */
  counter<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  /** How much of something there is now. */
  gauge<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  /** Runs `collect` before each scrape: for figures somebody keeps anyway. */
  onScrape(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Everything, in Prometheus' text format 0.0.4. */
  async page(): Promise<string> {
    for (const collect of this.#collectors) collect();
    return this.#registry.metrics();
  }
}
