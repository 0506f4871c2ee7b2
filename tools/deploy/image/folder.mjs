import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { productionPackages } from './packages.mjs';

/** Types, maps, manuals and tests are for people at their desks. */
const notRun = /\.(d\.[cm]?ts|test\.[cm]?js|map|md|tsbuildinfo)$|(^|\/)(tests?|__tests__|node_modules)$/;

/**
 * Copies an app, built, with the libraries and packages it needs to run, as they lie in the workspace: the same entry file at the same path.
 * @param {string} root of the workspace, after `npm ci` and `tsc -b`
 * @param {string} app such as `products`
 * @param {string} target an empty folder, or none
 * @returns {number} how many packages were copied
 */
export function layOut(root, app, target) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const found = productionPackages(lock.packages, `apps/${app}`, (path) => existsSync(join(root, path)));
  for (const path of [`apps/${app}`, ...found]) {
    const { link, resolved } = lock.packages[path];
    if (link) {
      copyBuilt(root, target, resolved);
      mkdirSync(dirname(join(target, path)), { recursive: true });
      symlinkSync(relative(dirname(path), resolved), join(target, path));
    } else if (path === `apps/${app}`) copyBuilt(root, target, path);
    else copy(join(root, path), join(target, path));
  }
  return found.length;
}

function copyBuilt(root, target, folder) {
  for (const part of ['package.json', 'dist']) copy(join(root, folder, part), join(target, folder, part));
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, filter: (source) => source === from || !notRun.test(source) });
}
