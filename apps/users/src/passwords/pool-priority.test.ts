import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

/** In a process of its own: what is lowered cannot be raised again. */
const script = `
import { hash } from '@node-rs/argon2';
import { readdirSync, readFileSync } from 'node:fs';
import { lowerPool } from './pool-priority.ts';
const nice = () => Object.groupBy(readdirSync('/proc/self/task'), (id) => {
  const stat = readFileSync('/proc/self/task/' + id + '/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16];
});
const before = lowerPool();
await hash('anvil-orbit-walnut-9');
const lowered = lowerPool();
console.log(JSON.stringify({ before, lowered, at10: nice()['10'].length, own: nice()['0'].includes(String(process.pid)) }));
`;

// proc(5): field 19 of stat is how nice a thread is. Only Linux has either.
(process.platform === 'linux' ? it : it.skip)(
  'the threads that hash let all others go first, and no others do',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: import.meta.dirname,
      env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '3' },
    });
    expect(JSON.parse(stdout)).toEqual({ before: 0, lowered: 3, at10: 3, own: true });
  },
);
