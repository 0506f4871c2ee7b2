import type { Figure } from './figure.ts';

export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Where a bench makes many of them: how many. */
  readonly databases?: number;
  readonly report: (text: string) => void;
}

/** One question about speed, with its answer as figures. */
export interface Bench {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  readonly defaults: { readonly rounds: number; readonly seconds: number };
  /** @param owned takes all that is started or made; it is ended and removed whatever happens. */
  run(options: BenchOptions, owned: AsyncDisposableStack): Promise<Figure[]>;
}
