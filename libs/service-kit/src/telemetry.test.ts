import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const source = (path: string): string => join(import.meta.dirname, path);

/** Starts telemetry in a process of its own, for what it loads and reads is the process's; what `ask` resolves to there. */
function inProcess<Answer>(environment: Record<string, string>, ask: string): Answer {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ resolve: (specifier, context, next) => (loaded.push(specifier), next(specifier, context)) });
    const { isTracing, openEdgeSpan, startTelemetry } = await import(${JSON.stringify(source('telemetry.ts'))});
    const of = { service: 'gateway', instance: 'gateway-1', isEdge: true };
    await startTelemetry(of);
    const answer = await (${ask});
    // What it has to send has nobody to go to: nothing waits for it.
    process.stdout.write(JSON.stringify(answer), () => process.exit(0));
  `;
  const flags = ['--conditions=@tenantry/source', '--import', source('test/run-source.mjs'), '--input-type=module'];
  const env = { PATH: process.env['PATH'], ...environment };
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--eval', script], {
    env,
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout) as Answer;
}

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
const state = `{ isOn: isTracing(), isLoaded: loaded.some((name) => name.includes('sdk-node')) }`;

describe('telemetry', () => {
  test.each<[string, Record<string, string>]>([
    ['without a variable', {}],
    ['that is disabled', { ...endpoint, OTEL_SDK_DISABLED: 'true' }],
    ['whose exporter is none', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
  ])('%s makes no span, and loads nothing of the SDK', (_, environment) => {
    expect(inProcess(environment, state)).toEqual({ isOn: false, isLoaded: false });
  });

  test('with an exporter is on', () => {
    expect(inProcess(endpoint, state)).toEqual({ isOn: true, isLoaded: true });
  });
});

describe('at the edge', () => {
  /** How many of a thousand requests with this `traceparent` are kept. */
  const kept = (traceparent: string | undefined, sampler: Record<string, string>): number =>
    inProcess(
      { ...endpoint, ...sampler },
      `Array.from({ length: 1000 }, () =>
      openEdgeSpan('GET', { requestId: 'r', traceparent: ${JSON.stringify(traceparent)} }, () => ({})).traceparent
    ).filter((each) => each.endsWith('-01')).length`,
    );
  const ratio = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
  // The SDK's sampler takes the exclusive or of an id's four parts for its dice.
  const [alwaysKept, neverKept] = [`00-${'1'.repeat(32)}`, `00-${'f'.repeat(8)}${'0'.repeat(23)}1`];

  test.each([
    ['an id that the SDK would always keep', `${alwaysKept}-00f067aa0ba902b7-01`],
    ['an id that the SDK would never keep', `${neverKept}-00f067aa0ba902b7-01`],
    ['no id of its own', undefined],
  ])('a client is kept as often as anybody else: with %s', (_, traceparent) => {
    const count = kept(traceparent, ratio);
    // Ten of a thousand; by chance one run in ten thousand million is out of this.
    expect(count).toBeLessThan(40);
    if (count === 0) expect(kept(traceparent, ratio) + kept(traceparent, ratio)).toBeGreaterThan(0);
  });

  test('all are kept, or none, where the sampler says so, whatever the client wishes', () => {
    expect(kept(`${neverKept}-00f067aa0ba902b7-00`, { OTEL_TRACES_SAMPLER: 'always_on' })).toBe(1000);
    expect(kept(`${neverKept}-00f067aa0ba902b7-01`, { OTEL_TRACES_SAMPLER: 'always_off' })).toBe(0);
  });
});
