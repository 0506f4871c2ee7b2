import type { ValueTransformer } from 'typeorm';

/** `bigint` as a number: generations stay far below 2^53. */
export const wholeNumber: ValueTransformer = {
  from: (value: string) => Number(value),
  to: (value: number) => value,
};
