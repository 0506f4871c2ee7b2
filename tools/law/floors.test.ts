import { describe, expect, test } from '@jest/globals';
import { floors, layerOf } from './floors.ts';
import { projects, readJson, readText } from './workspace.ts';

const listOf = (cell: string): string[] =>
  cell === 'nothing'
    ? []
    : cell
        .split(',')
        .map((name) => name.replaceAll('`', '').trim())
        .toSorted();

/** The table of CONTRIBUTING.md whose first column names floors. */
const writtenFloors = (): Record<string, unknown> =>
  Object.fromEntries(
    readText('CONTRIBUTING.md')
      .split('\n')
      .filter((line) => line.startsWith('| `layer:'))
      .map((line) => line.split('|').slice(1, -1))
      .map(([floor = '', standsOn = '', never = '']) => [
        floor.replaceAll('`', '').trim(),
        { standsOn: listOf(standsOn.trim()), neverImports: listOf(never.trim()) },
      ]),
  );

interface LockEntry {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** Every package that is installed where `folder` is: its dependencies and theirs, through the workspaces. */
function closureOf(folder: string): Set<string> {
  const { packages } = readJson<{ packages: Record<string, LockEntry> }>('package-lock.json');
  const seen = new Set<string>();
  /** As Node finds it: in the innermost node_modules on the way up. */
  const find = (from: string, name: string): string | undefined => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const place = `${at ? `${at}/` : ''}node_modules/${name}`;
      if (place in packages) return place;
      if (!at) return undefined;
    }
  };
  const visit = (place: string): void => {
    if (seen.has(place)) return;
    seen.add(place);
    const entry = packages[place];
    if (entry?.link && entry.resolved) visit(entry.resolved);
    for (const name of Object.keys({ ...entry?.dependencies, ...entry?.optionalDependencies })) {
      const found = find(place, name);
      if (found) visit(found);
    }
  };
  visit(folder);
  return new Set([...seen].map((place) => place.split('node_modules/').at(-1) ?? place));
}

describe('the floors', () => {
  test('are written in CONTRIBUTING.md as lint enforces them', () => {
    const enforced = Object.fromEntries(
      Object.entries(floors).map(([floor, { standsOn, neverImports }]) => [
        layerOf(floor),
        { standsOn: [...standsOn].toSorted(), neverImports: [...neverImports].toSorted() },
      ]),
    );
    expect(writtenFloors()).toEqual(enforced);
  });

  test('hold no circle', () => {
    const height = (floor: string): number => {
      const below = floors[floor as keyof typeof floors].standsOn.filter((other) => other !== floor);
      return 1 + Math.max(0, ...below.map(height));
    };
    expect(Object.keys(floors).map(height)).toEqual(expect.arrayContaining([1]));
  });

  test.each(projects)('$folder lies on exactly one', ({ manifest }) => {
    const layers = (manifest.nx?.tags ?? []).filter((tag) => tag.startsWith('layer:'));
    expect(layers).toHaveLength(1);
    expect(Object.keys(floors).map(layerOf)).toContain(layers[0]);
  });
});

describe('the gateway', () => {
  test.each(['pg', 'pg-pool', 'typeorm', '@nestjs/typeorm'])('is not even installed with %s', (name) => {
    expect(closureOf('apps/gateway')).not.toContain(name);
  });

  test('is looked at with everything it is installed with', () => {
    expect(closureOf('apps/gateway')).toContain('@nats-io/nats-core');
    expect(closureOf('apps/products')).toContain('pg-pool');
  });
});
