import type { FieldError } from '@tenantry/contracts';
import type { z } from 'zod';
import { ServiceError } from './service-error.js';

const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

type Issue = z.core.$ZodIssue;

/** A missing field breaks a rule of that field; a present one of the wrong type cannot be read. */
const isMalformed = (issue: Issue): boolean =>
  issue.code === 'unrecognized_keys' ||
  issue.code === 'invalid_union' ||
  (issue.code === 'invalid_type' && issue.input !== undefined) ||
  (issue.code === 'custom' && issue.params?.['malformed'] === true);

const fieldErrorsOf = (issue: Issue): FieldError[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({
        pointer: pointerOf([...issue.path, key]),
        code: 'unknown-field',
        message: 'is not a field here',
      }))
    : [
        issue.code === 'invalid_type' && issue.input === undefined
          ? { pointer: pointerOf(issue.path), code: 'required', message: 'is required' }
          : { pointer: pointerOf(issue.path), code: issue.code.replaceAll('_', '-'), message: issue.message },
      ];

/**
 * Reads a request by its contract.
 *
 * @throws ServiceError `bad-request` when it cannot be read, `validation` when it breaks a rule of a field; either names each field.
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap(fieldErrorsOf);
  if (result.error.issues.some(isMalformed)) {
    throw new ServiceError('bad-request', 'The request has fields that cannot be read.', { errors });
  }
  throw new ServiceError('validation', 'The request breaks a rule of its fields.', { errors });
}
