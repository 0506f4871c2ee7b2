import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const minimum = [24, 11];

/** A Node that runs TypeScript as it is: this one if it is new enough, else the one that npm installed. */
export function findNode(root) {
  // The path in node_modules first where both are the same: npm ci may have replaced the file this process runs from.
  const installed = join(root, 'node_modules/.bin/node');
  const candidates = isNewEnough(process.versions.node) && !process.execPath.startsWith(root) ? [process.execPath] : [];
  for (const node of [...candidates, installed]) {
    const asked = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    if (asked.status === 0 && isNewEnough(asked.stdout.trim())) return node;
  }
  throw new Error(
    `Node ${minimum.join('.')} or newer is needed; this one is ${process.versions.node}, and npm has none inside a package for ` +
      `${process.platform}-${process.arch}. Install Node 24 (nodejs.org, nvm install 24, brew install node@24) and run this again`,
  );
}

export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
}
