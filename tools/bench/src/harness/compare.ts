import { figureOf, type Figure, type FigureTerms } from './figure.ts';
import type { Sample } from './rounds.ts';

/** The figure of one number of every sample. */
export const compare = (
  terms: FigureTerms,
  ours: readonly Sample[],
  bare: readonly Sample[],
  of: (sample: Sample) => number,
): Figure => figureOf(terms, ours.map(of), bare.map(of));

/** CPU time a request costs all processes together: beside every rate, since a rate alone hides who pays. None without /proc. */
export function compareCpu(bench: string, against: string, ours: readonly Sample[], bare: readonly Sample[]): Figure[] {
  const totals = [ours, bare].map((samples) =>
    samples.flatMap(({ cpuUs }) => cpuUs?.reduce((sum, each) => sum + each, 0) ?? []),
  );
  const [ourUs = [], bareUs = []] = totals;
  if (ourUs.length !== ours.length || bareUs.length !== bare.length) return [];
  const figure = `CPU per request, of ${against}`;
  return [figureOf({ bench, figure, unit: 'us', better: 'lower', target: null }, ourUs, bareUs)];
}
