import { context as otelContext, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { ErrorCatalogue } from '@tenantry/contracts';
import { ServiceError } from './service-error.js';

/** Set once by {@link startTelemetry}, so that a process without an exporter pays one comparison a message. */
let isOn = false;

/** Whether spans are made: where they are not, a hot path need not even make the closures for them. */
export const isTracing = (): boolean => isOn;

/** The trace that a `traceparent` belongs to (W3C Trace Context, 3.2.2). */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.slice(3, 35);

/**
 * Starts OpenTelemetry where the standard environment variables name an exporter (`OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_TRACES_EXPORTER`); else nothing of it is loaded.
 * @returns what flushes and stops it.
 */
export async function startTelemetry(
  service: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<() => Promise<void>> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER, OTEL_SDK_DISABLED } = environment;
  if (OTEL_SDK_DISABLED === 'true' || !(OTEL_EXPORTER_OTLP_ENDPOINT || OTEL_TRACES_EXPORTER))
    return async () => undefined;
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: service });
  sdk.start();
  isOn = true;
  return async () => {
    isOn = false;
    await sdk.shutdown();
  };
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

interface Traced {
  readonly requestId: string;
  readonly traceparent?: string | undefined;
  readonly tenantId?: string | null | undefined;
  readonly caller?: { readonly tenantId: string | null };
}

/**
 * Runs `work` in a span named `name`, the child of `traced.traceparent` (W3C Trace Context), and hands it the `traceparent` to send on.
 * Follows the semantic conventions for messaging spans.
 */
export function spanAround<Result>(
  name: string,
  kind: keyof typeof kinds,
  traced: Traced,
  work: (traceparent?: string) => Promise<Result>,
): Promise<Result> {
  if (!isOn) return work();
  const active = otelContext.active();
  // Inside a span the parent is that span; at a process's border it is what the header says.
  const parent =
    trace.getSpan(active) || !traced.traceparent
      ? active
      : propagation.extract(ROOT_CONTEXT, { traceparent: traced.traceparent });
  const attributes = {
    'messaging.system': 'nats',
    'messaging.destination.name': name,
    'tenantry.request_id': traced.requestId,
    'tenantry.tenant_id': traced.tenantId ?? traced.caller?.tenantId ?? undefined,
  };
  const span = trace.getTracer('tenantry').startSpan(name, { kind: kinds[kind], attributes }, parent);
  const here = trace.setSpan(parent, span);
  const carrier: { traceparent?: string } = {};
  propagation.inject(here, carrier);
  return otelContext
    .with(here, () => work(carrier.traceparent))
    .catch((error: unknown) => {
      const isOurs = error instanceof ServiceError;
      if (!isOurs || ErrorCatalogue[error.code].status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', isOurs ? error.code : 'internal');
      throw error;
    })
    .finally(() => span.end());
}
