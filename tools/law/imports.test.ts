import { expect, test } from '@jest/globals';
import {
  importsOf,
  isTest,
  packageOf,
  projects,
  readJson,
  resolveWithin,
  sourcesOf,
  type Manifest,
  type Project,
} from './workspace.ts';

const byName = new Map(projects.map((project) => [project.manifest.name, project]));
const indexOf = (specifier: string): string | undefined => {
  const folder = byName.get(specifier)?.folder;
  return folder && `${folder}/src/index.ts`;
};

/** Each file with the files it imports, through the libraries' indexes. */
const graph = new Map(
  projects
    .flatMap(sourcesOf)
    .map((path) => [
      path,
      importsOf(path).flatMap((specifier) => resolveWithin(path, specifier) ?? indexOf(specifier) ?? []),
    ]),
);

/** The first circle met from `start`, as the files on it; undefined when there is none. */
function findCycle(start: string, harmless: Set<string>, path: string[] = []): string[] | undefined {
  if (harmless.has(start)) return undefined;
  const met = path.indexOf(start);
  if (met >= 0) return [...path.slice(met), start];
  for (const next of graph.get(start) ?? []) {
    const cycle = findCycle(next, harmless, [...path, start]);
    if (cycle) return cycle;
  }
  harmless.add(start);
  return undefined;
}

test('no file imports itself, however far around', () => {
  const harmless = new Set<string>();
  const cycles = [...graph.keys()].flatMap((path) => findCycle(path, harmless)?.join(' -> ') ?? []);
  expect(cycles).toEqual([]);
  expect(harmless.size).toBe(graph.size);
});

const packagesIn = (project: Project, which: (path: string) => boolean): Set<string> =>
  new Set(
    sourcesOf(project)
      .filter(which)
      .flatMap(importsOf)
      .map(packageOf)
      .filter((name) => name !== undefined && name !== project.manifest.name) as string[],
  );

const { devDependencies: ofEveryone = {} } = readJson<Manifest>('package.json');

test.each(projects)('$folder declares the packages it imports', (project) => {
  const { dependencies = {}, devDependencies = {} } = project.manifest;
  const undeclared = [...packagesIn(project, (path) => !isTest(path))].filter((name) => !(name in dependencies));
  // What only tests and tools need is declared once, at the root.
  const allowed = project.folder.startsWith('tools/') ? ofEveryone : {};
  expect(undeclared.filter((name) => !(name in allowed))).toEqual([]);
  const forTests = { ...dependencies, ...devDependencies, ...ofEveryone };
  expect([...packagesIn(project, isTest)].filter((name) => !(name in forTests))).toEqual([]);
});

test('a package has one version in the whole house', () => {
  const manifests = [readJson<Manifest>('package.json'), ...projects.map(({ manifest }) => manifest)];
  const versions = new Map<string, Set<string>>();
  for (const { dependencies, devDependencies, optionalDependencies } of manifests)
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      versions.set(name, (versions.get(name) ?? new Set()).add(version));
  expect([...versions].filter(([, found]) => found.size > 1)).toEqual([]);
});
