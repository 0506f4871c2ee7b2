import { InvalidArgumentError } from 'commander';

/** What an option that counts takes. */
export function wholeNumber(text: string): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** What an option takes of which none would be nothing. */
export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('It must be at least 1.');
  return number;
}

/** `5,50` */
export function positiveNumbers(text: string): number[] {
  return text.split(',').map(positiveNumber);
}
