import { isMet, type Figure } from './figure.ts';

const rounded = (value: number): number => Number(value.toPrecision(4));

/** One line for machines: the same seven fields for every figure. */
export function jsonLine({ bench, figure, ours, bare, ratios, target, rounds }: Figure): string {
  return JSON.stringify({
    bench,
    figure,
    ours: rounded(ours),
    bare: rounded(bare),
    ratio: rounded(ratios.median),
    target,
    rounds,
  });
}

const header = ['bench', 'figure', 'ours', 'bare', 'ratio', 'quartiles', 'min..max', 'target', ''];

/** A table for people. */
export function table(figures: readonly Figure[]): string {
  const rows = [header, ...figures.map(rowOf)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rowOf(figure: Figure): string[] {
  const { bench, unit, ours, bare, ratios, target, better } = figure;
  const met = isMet(figure);
  return [
    bench,
    figure.figure,
    `${readable(ours)} ${unit}`,
    `${readable(bare)} ${unit}`,
    ratios.median.toFixed(2),
    `${ratios.lowerQuartile.toFixed(2)}..${ratios.upperQuartile.toFixed(2)}`,
    `${ratios.min.toFixed(2)}..${ratios.max.toFixed(2)}`,
    target === null ? `(${better} is better)` : `${better === 'higher' ? '>=' : '<='} ${target}`,
    met === null ? '' : met ? 'met' : 'missed',
  ];
}

const readable = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
