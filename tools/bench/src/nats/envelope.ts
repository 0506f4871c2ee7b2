import { requestDeadlineMs } from '@tenantry/contracts';

/** A message's headers beside the context, which must be signed first. */
export const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
export const deadlineMs = requestDeadlineMs;

let asked = 0;
/** Different for every request, as in production, and cheap to make, so that it weighs on no arm. */
export const nextRequestId = (): string => `bench-${String(asked++).padStart(10, '0')}`;
