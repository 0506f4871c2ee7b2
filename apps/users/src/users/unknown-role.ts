import { ServiceError } from '@tenantry/service-kit';

/** What somebody is answered who gives a role that does not exist, or not any more. */
export const unknownRole = (message: string, cause?: unknown): ServiceError =>
  new ServiceError('validation', 'The request breaks a rule of its fields.', {
    errors: [{ pointer: '/roles', code: 'unknown-role', message }],
    cause,
  });
