import { randomUUID } from 'node:crypto';
import {
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Span,
} from '@opentelemetry/api';
import { ErrorCatalogue } from '@tenantry/contracts';
import { ServiceError } from './service-error.js';

/** Set once by {@link startTelemetry}, so that a process without an exporter pays one comparison a message. */
let isOn = false;

/** What share of the traces that begin at the edge, or that clients began, is kept; behind it the SDK decides. */
let keptShare = 1;

/** Who is kept is none of the client's business, and nothing to be found out by it: any dice will do. */
const isKept = (): boolean => Math.random() < keptShare;

/** Whether this process makes spans at all. */
export const isTracing = (): boolean => isOn;

const isUnsampled = (traceparent: string | undefined): boolean => traceparent?.endsWith('-00') ?? false;

/** Whether behind the edge spans are made for this work: where not, a hot path need not even make closures and attributes for them. */
export const isTraced = ({ traceparent }: { readonly traceparent?: string | undefined }): boolean =>
  isOn && !isUnsampled(traceparent);

/** The trace that a `traceparent` belongs to (W3C Trace Context, 3.2.2). */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.slice(3, 35);

interface TelemetryOptions {
  readonly service: string;
  readonly instance: string;
  /** At the edge it is decided which traces are kept; behind it, nobody decides again. */
  readonly isEdge: boolean;
}

/**
 * Starts OpenTelemetry where the standard environment variables name an exporter of traces; else nothing of it is loaded. Of
 * `OTEL_TRACES_SAMPLER` the part after `parentbased_` counts: the edge goes by it whatever the client's own flag says, and the others only where no trace
 * has come to them. The edge decides by its own dice: the SDK's would ask the trace's id, which a client may have chosen, and would make a span of
 * each that it then forgets.
 * @returns what flushes and stops it.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function startTelemetry(
  { service, instance, isEdge }: TelemetryOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<() => Promise<void>> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_TRACES_EXPORTER } = environment;
  const isNamed = OTEL_EXPORTER_OTLP_ENDPOINT || OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || OTEL_TRACES_EXPORTER;
  if (environment['OTEL_SDK_DISABLED'] === 'true' || OTEL_TRACES_EXPORTER === 'none' || !isNamed)
    return async () => undefined;
  const sampler = (environment['OTEL_TRACES_SAMPLER'] || 'always_on').replace(/^parentbased_/, '');
  environment['OTEL_TRACES_SAMPLER'] = isEdge ? 'parentbased_always_on' : `parentbased_${sampler}`;
  keptShare = isEdge ? shareOf(sampler, environment['OTEL_TRACES_SAMPLER_ARG']) : 1;
  // Of the process itself, with its arguments and its owner, a trace need know nothing.
  environment['OTEL_NODE_RESOURCE_DETECTORS'] ||= 'env,host';
  const given = environment['OTEL_RESOURCE_ATTRIBUTES'];
  environment['OTEL_RESOURCE_ATTRIBUTES'] = `${given ? `${given},` : ''}service.instance.id=${instance}`;
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  // Metrics are scraped and logs are read from stdout: of the three signals, only traces are sent.
  const sdk = new NodeSDK({ serviceName: service, metricReaders: [], logRecordProcessors: [] });
  sdk.start();
  isOn = true;
  return async () => {
    isOn = false;
    await sdk.shutdown();
  };
}

/** As the SDK reads them: of a ratio that is none, everything is kept. */
function shareOf(sampler: string, argument: string | undefined): number {
  if (sampler === 'always_off') return 0;
  const ratio = sampler === 'traceidratio' && argument ? Number(argument) : 1;
  return ratio >= 0 && ratio <= 1 ? ratio : 1;
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER } as const;

/** Whose work a span is part of. */
export interface Traced {
  readonly requestId: string;
  readonly traceparent?: string | undefined;
  readonly tenantId?: string | null | undefined;
  readonly caller?: { readonly tenantId: string | null } | undefined;
}

/** Of the SDK, once that is there. */
const tracer = trace.getTracer('tenantry');

/** A span under way. Its `traceparent` is what its children stand under, in this process or another. */
export class OpenSpan {
  readonly traceparent: string | undefined;
  readonly #span: Span;

  constructor(name: string, kind: keyof typeof kinds, traced: Traced, attributes: Attributes) {
    const { requestId, traceparent } = traced;
    const parent = traceparent ? propagation.extract(ROOT_CONTEXT, { traceparent }) : ROOT_CONTEXT;
    this.#span = tracer.startSpan(name, { kind: kinds[kind] }, parent);
    // None of the SDK's samplers asks for attributes; it would look through them for every span, and forget those of ninety-nine in a hundred.
    if (this.#span.isRecording()) {
      this.#span.setAttributes({ ...attributes, 'tenantry.request_id': requestId });
      this.#ofTenant(traced.tenantId ?? traced.caller?.tenantId);
    }
    // Written here, not by the SDK's propagator: of a hundred requests ninety-nine need nothing else of their span.
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`;
  }

  /**
   * Ends it with the status of the answer, as HTTP has them: from 500 on it counts as failed.
   * @param attributes more of it; `error.type` of a failure is the status unless they have it.
   */
  end(status: number, attributes: Attributes = {}, tenantId?: string): void {
    if (!this.#span.isRecording()) return;
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
    this.#ofTenant(tenantId);
    this.#span.setAttributes(attributes).end();
  }

  #ofTenant(tenantId: string | null | undefined): void {
    if (tenantId) this.#span.setAttribute('tenantry.tenant_id', tenantId);
  }
}

/** Opens a span behind the edge, or of the edge's own work, where traces are made and this one is kept; the caller ends it. */
export function openSpan(...of: ConstructorParameters<typeof OpenSpan>): OpenSpan | undefined {
  const [, , traced] = of;
  return isTraced(traced) && (traced.traceparent !== undefined || isKept()) ? new OpenSpan(...of) : undefined;
}

/** A request's at the edge. Of one that is not kept there is nothing but what tells those behind: the trace it would belong to, and that it is not kept. */
export type EdgeSpan = Pick<OpenSpan, 'traceparent' | 'end'>;

/** Opens the first span of ours, at the edge: here it is decided whether the trace is kept. */
export function openEdgeSpan(name: string, traced: Traced, attributes: () => Attributes): EdgeSpan | undefined {
  if (!isOn) return undefined;
  const begun = traced.traceparent?.slice(0, -2);
  if (!isKept()) return { traceparent: `${begun ?? beginning()}00`, end: () => undefined };
  return new OpenSpan(name, 'server', { ...traced, traceparent: begun && `${begun}01` }, attributes());
}

/** Of a `traceparent` without its flags (W3C Trace Context, 3.2.2). No span will ever have this id, so it need not be another one than the trace's. */
function beginning(): string {
  const traceId = randomUUID().replaceAll('-', '');
  return `00-${traceId}-${traceId.slice(16)}-`;
}

/** Attributes of a message's span, as the semantic conventions for messaging have them. */
export const messagingAttributes = (subject: string, operation: 'send' | 'process'): Attributes => ({
  'messaging.system': 'nats',
  'messaging.destination.name': subject,
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
});

/** Runs `work` in a span, the child of `traced.traceparent`, and hands it the `traceparent` to send on. */
export async function spanAround<Result>(
  name: string,
  kind: keyof typeof kinds,
  traced: Traced,
  work: (traceparent?: string) => Promise<Result>,
  attributes: Attributes = messagingAttributes(name, kind === 'client' ? 'send' : 'process'),
  ofFailure: (error: unknown) => Attributes = () => ({}),
): Promise<Result> {
  const span = openSpan(name, kind, traced, attributes);
  if (!span) return work(traced.traceparent);
  try {
    const result = await work(span.traceparent);
    span.end(200);
    return result;
  } catch (error) {
    span.end(error instanceof ServiceError ? ErrorCatalogue[error.code].status : 500, ofFailure(error));
    throw error;
  }
}
