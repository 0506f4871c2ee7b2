import { JetStreamApiError } from '@nats-io/jetstream';
import { InvalidArgumentError, PermissionViolationError } from '@nats-io/transport-node';

/** The broker is there, and does not take this event: it is too large, or not this service's to tell. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof InvalidArgumentError || error instanceof PermissionViolationError) return true;
  if (error instanceof JetStreamApiError) return true;
  return error instanceof Error && error.cause !== undefined && isRefusal(error.cause);
}
