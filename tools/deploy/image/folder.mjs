import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { productionPackages } from './packages.mjs';

/** Types, maps, manuals and tests are for people at their desks. */
const notRun = /\.(d\.[cm]?ts|test\.[cm]?js|map|md|tsbuildinfo)$|(^|\/)(tests?|__tests__|node_modules)$/;

/**
 * Copies an app, built, with the libraries and packages it needs to run, as they lie in the workspace: the same entry file at the same path.
 * @param {string} root of the workspace, after `npm ci` and `tsc -b`
 * @param {string} app such as `products`
 * @param {string} target an empty folder, or none
 * @param {(from: string, to: string) => void} place makes the file `to` of `from`
 * @returns {number} how many packages were copied
 */
export function layOut(root, app, target, place = copyFileSync) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const found = productionPackages(lock.packages, `apps/${app}`, (path) => existsSync(join(root, path)));
  for (const path of [`apps/${app}`, ...found]) {
    const { link, resolved } = lock.packages[path];
    if (link) {
      copyBuilt(root, target, resolved, place);
      mkdirSync(dirname(join(target, path)), { recursive: true });
      symlinkSync(relative(dirname(path), resolved), join(target, path));
    } else if (path === `apps/${app}`) copyBuilt(root, target, path, place);
    else copy(join(root, path), join(target, path), place);
  }
  return found.length;
}

function copyBuilt(root, target, folder, place) {
  for (const part of ['package.json', 'dist']) copy(join(root, folder, part), join(target, folder, part), place);
}

function copy(from, to, place) {
  if (!statSync(from).isDirectory()) {
    mkdirSync(dirname(to), { recursive: true });
    return place(from, to);
  }
  const entries = readdirSync(from, { withFileTypes: true }).filter(({ name }) => !notRun.test(join(from, name)));
  // Some packages hold folders of which nothing is run.
  if (entries.length > 0) mkdirSync(to, { recursive: true });
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isFile()) place(source, target);
    else copy(source, target, place);
  }
}
