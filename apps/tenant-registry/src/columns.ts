import type { ValueTransformer } from 'typeorm';

/** `timestamptz` as the contract writes it: RFC 3339 in UTC with milliseconds. */
export const isoTime: ValueTransformer = {
  from: (value: Date | null) => value?.toISOString() ?? null,
  to: (value: string | null) => value,
};

/** `bigint` as a number: generations stay far below 2^53. */
export const wholeNumber: ValueTransformer = {
  from: (value: string) => Number(value),
  to: (value: number) => value,
};
