import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

export const root = join(import.meta.dirname, '../..');

/** The parts of a package.json that the law speaks about. */
export interface Manifest {
  readonly name: string;
  readonly nx?: { readonly tags?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Project {
  /** From the root, such as `libs/contracts`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8');
export const readJson = <Shape>(path: string): Shape => JSON.parse(readText(path)) as Shape;

const children = (folder: string): string[] => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);

/** Everything under apps, libs and tools that has a package.json. */
export const projects: readonly Project[] = ['apps', 'libs', 'tools']
  .flatMap(children)
  .filter((folder) => existsSync(join(root, folder, 'package.json')))
  .map((folder) => ({ folder, manifest: readJson<Manifest>(`${folder}/package.json`) }));

const notOurs = /(^|\/)(node_modules|dist)\//;

/** Every TypeScript and JavaScript file of a project, from the root. */
export const sourcesOf = (project: Project): string[] =>
  readdirSync(join(root, project.folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|js|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !notOurs.test(path));

export const isTest = (path: string): boolean =>
  path.endsWith('.test.ts') || path.includes('/src/test/') || path.startsWith('apps/e2e/');

/** What a file imports, as written there; dynamic imports included. */
export const importsOf = (path: string): string[] =>
  ts.preProcessFile(readText(path), true, true).importedFiles.map((file) => file.fileName);

/** The file of the workspace that `specifier` means in `importer`; undefined for packages. */
export function resolveWithin(importer: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const written = relative(root, join(root, importer, '..', specifier));
  return [written, written.replace(/\.js$/, '.ts')].find((path) => existsSync(join(root, path)));
}

/** `@scope/name` or `name` of an imported package, without the path inside it; undefined for Node's own modules and files. */
export function packageOf(specifier: string): string | undefined {
  if (/^(\.|node:|#)/.test(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
