import type { Msg } from '@nats-io/transport-node';
import { Headers, requestDeadlineMs } from '@tenantry/contracts';
import type { Client } from '../request-context.js';
import { headersOf } from './headers.js';

/** A message's headers, read in one pass. */
export interface Incoming {
  tenantId: string | undefined;
  context: string | undefined;
  requestId: string | undefined;
  traceparent: string | undefined;
  clientAddress: string | undefined;
  clientAgent: string | undefined;
  reason: string | undefined;
  ifMatch: string | undefined;
  idempotencyKey: string | undefined;
  deadlineMs: number;
}

const headerFields: Readonly<Record<string, keyof Omit<Incoming, 'deadlineMs'>>> = {
  [Headers.tenantId]: 'tenantId',
  [Headers.context]: 'context',
  [Headers.requestId]: 'requestId',
  [Headers.traceparent]: 'traceparent',
  [Headers.clientAddress]: 'clientAddress',
  [Headers.clientAgent]: 'clientAgent',
  [Headers.reason]: 'reason',
  [Headers.ifMatch]: 'ifMatch',
  [Headers.idempotencyKey]: 'idempotencyKey',
};

/** Undefined where the message's headers cannot be read. */
export function readHeaders(msg: Msg): Incoming | undefined {
  const headers = headersOf(msg);
  if (!headers) return undefined;
  const incoming: Incoming = {
    tenantId: undefined,
    context: undefined,
    requestId: undefined,
    traceparent: undefined,
    clientAddress: undefined,
    clientAgent: undefined,
    reason: undefined,
    ifMatch: undefined,
    idempotencyKey: undefined,
    deadlineMs: requestDeadlineMs,
  };
  for (const [name, value] of headers) {
    const field = headerFields[name];
    if (field) incoming[field] = value;
    else if (name === Headers.deadline) {
      const left = Number(value);
      // Nobody can ask for more time than the edge gives.
      if (left >= 0) incoming.deadlineMs = Math.min(left, requestDeadlineMs);
    }
  }
  return incoming;
}

/** Where it came from, where that was said. */
export const clientOf = ({ clientAddress, clientAgent }: Incoming): Client | undefined =>
  clientAddress === undefined ? undefined : { address: clientAddress, agent: clientAgent };
