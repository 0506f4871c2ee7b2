import { InvalidArgumentError } from 'commander';

/** What an option that counts takes. */
export function wholeNumber(text: string): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** `5,50` */
export function wholeNumbers(text: string): number[] {
  return text.split(',').map(wholeNumber);
}
