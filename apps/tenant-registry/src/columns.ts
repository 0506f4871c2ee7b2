import { QueryFailedError, type ValueTransformer } from 'typeorm';

/** `bigint` as a number: generations stay far below 2^53. */
export const wholeNumber: ValueTransformer = {
  from: (value: string) => Number(value),
  to: (value: number) => value,
};

/** Whether PostgreSQL refused a row because another has its key (23505, unique_violation). */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof QueryFailedError && (error.driverError as { code?: string }).code === '23505';
