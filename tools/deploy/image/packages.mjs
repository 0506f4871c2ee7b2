/**
 * The packages an app needs to run, found as Node finds them: beside the one that asks, or in a folder above.
 *
 * @param {Record<string, any>} packages `packages` of package-lock.json (version 3)
 * @param {string} start the app's own path in it
 * @param {(path: string) => boolean} isInstalled whether a package is there: optional ones are for some platforms only
 * @returns {string[]} paths under node_modules, the app itself not among them
 */
export function productionPackages(packages, start, isInstalled) {
  const found = new Set();
  const waiting = [start];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const real = packages[path].link ? packages[path].resolved : path;
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
      peerDependenciesMeta = {},
    } = packages[real];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      // A peer that is optional is used where somebody else brings it, not fetched for its own sake. Some say both.
      const isOwn = name in dependencies || name in optionalDependencies;
      if (!isOwn && peerDependenciesMeta[name]?.optional) continue;
      const at = resolve(packages, real, name);
      if (at === undefined || !isInstalled(at)) {
        if (name in optionalDependencies) continue;
        throw new Error(`${path} needs ${name}, which is not installed`);
      }
      if (found.has(at)) continue;
      found.add(at);
      waiting.push(at);
    }
  }
  return [...found].sort();
}

function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = `${folder}${folder && '/'}node_modules/${name}`;
    if (packages[path]) return path;
    if (folder === '') return undefined;
  }
}
