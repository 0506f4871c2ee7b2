import type { FieldError } from '@tenantry/contracts';
import type { z } from 'zod';
import { ServiceError } from './service-error.js';

/** A request can be wrong in a hundred thousand places; its refusal must fit into a message all the same. */
const maxErrors = 20;
const maxPointerLength = 200;

const pointerOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, maxPointerLength);

type Issue = z.core.$ZodIssue;

/** Whether a choice was answered with something that no choice could be: a number where all are texts. */
const isOfNoChoice = (issue: z.core.$ZodIssueInvalidValue): boolean =>
  !issue.values.some((value) => typeof value === typeof issue.input);

const isMissing = (issue: Issue): boolean =>
  (issue.code === 'invalid_type' || issue.code === 'invalid_value') && issue.input === undefined;

/** A missing field breaks a rule of that field; a present one of the wrong type cannot be read. */
const isMalformed = (issue: Issue): boolean =>
  issue.code === 'unrecognized_keys' ||
  issue.code === 'invalid_union' ||
  (issue.code === 'invalid_type' && !isMissing(issue)) ||
  (issue.code === 'invalid_value' && !isMissing(issue) && isOfNoChoice(issue)) ||
  (issue.code === 'custom' && issue.params?.['malformed'] === true);

/** A rule of our own says in `params.code` what it is called. */
const codeOf = (issue: Issue): string =>
  issue.code === 'custom' ? String(issue.params?.['code'] ?? 'invalid') : issue.code.replaceAll('_', '-');

function fieldErrorsOf(issue: Issue): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const unknown = { code: 'unknown-field', message: 'is not a field here' };
    return issue.keys.slice(0, maxErrors).map((key) => ({ pointer: pointerOf([...issue.path, key]), ...unknown }));
  }
  const pointer = pointerOf(issue.path);
  return isMissing(issue)
    ? [{ pointer, code: 'required', message: 'is required' }]
    : [{ pointer, code: codeOf(issue), message: issue.message }];
}

/**
 * Reads a request by its contract.
 *
 * @throws ServiceError `bad-request` when it cannot be read, `validation` when it breaks a rule of a field; either names each field.
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, maxErrors).flatMap(fieldErrorsOf).slice(0, maxErrors);
  if (result.error.issues.some(isMalformed)) {
    throw new ServiceError('bad-request', 'The request has fields that cannot be read.', { errors });
  }
  throw new ServiceError('validation', 'The request breaks a rule of its fields.', { errors });
}
