import { median, ratiosOf, spreadOf, type Spread } from './statistics.ts';

/** What a figure says, before anything was measured. */
export interface FigureTerms {
  readonly bench: string;
  readonly figure: string;
  readonly unit: string;
  /** Whether a greater ratio is the better one (rates), or a smaller (latency, CPU). */
  readonly better: 'higher' | 'lower';
  /** The ratio that was promised; null where a figure only stands beside another. */
  readonly target: number | null;
}

/** One ratio of ours by a bare limit, measured in the same run. */
export interface Figure extends FigureTerms {
  /** Medians over the rounds, in the unit of the figure. */
  readonly ours: number;
  readonly bare: number;
  /** Its median is the figure's ratio. */
  readonly ratios: Spread;
  readonly rounds: number;
}

export function figureOf(terms: FigureTerms, ours: readonly number[], bare: readonly number[]): Figure {
  const ratios = spreadOf(ratiosOf(ours, bare));
  return { ...terms, ours: median(ours), bare: median(bare), ratios, rounds: ours.length };
}

/** Null where nothing was promised. */
export function isMet({ target, better, ratios }: Figure): boolean | null {
  if (target === null) return null;
  return better === 'higher' ? ratios.median >= target : ratios.median <= target;
}
