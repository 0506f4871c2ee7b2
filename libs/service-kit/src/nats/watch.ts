import { traceIdOf } from '../telemetry.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';

/** A message that was answered, or refused. */
export interface AnsweredMessage {
  readonly subject: string;
  readonly status: number;
  readonly startedAt: number;
  readonly requestId: string | undefined;
  readonly tenantId: string | undefined;
  readonly traceparent: string | undefined;
}

/** Counts, times and logs what a service answers: one line a message, by whose request id a request is followed from hop to hop. */
export function watchMessages(metrics: Metrics, log: Log): (answered: AnsweredMessage) => void {
  const durations = metrics.durations(
    'tenantry_message_duration_seconds',
    'Messages answered by this service: from the first look at it to its answer.',
    ['message', 'status'],
  );
  return ({ subject: message, status, startedAt, requestId, tenantId, traceparent }) => {
    const ms = performance.now() - startedAt;
    durations.observe({ message, status }, ms / 1000);
    if (log.isLevelEnabled('info'))
      log.info(
        { message, status, ms: Math.round(ms), requestId, tenantId, traceId: traceIdOf(traceparent) },
        'answered',
      );
  };
}
