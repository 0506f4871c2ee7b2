import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';

/** In a process of its own: what is lowered cannot be raised again. */
const scriptWith = (before: string): string => `
import { hash } from '@node-rs/argon2';
import fs, { existsSync, readdirSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { getPriority } from 'node:os';
import { lowerPool } from './pool-priority.ts';
const nice = () => Object.groupBy(readdirSync('/proc/self/task'), (id) => {
  const stat = readFileSync('/proc/self/task/' + id + '/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16];
});
const session = () => existsSync('/proc/self/autogroup') && readFileSync('/proc/self/autogroup', 'utf8').trim().replace(/.* nice /, '');
const started = session();
${before}
const before = lowerPool();
await hash('anvil-orbit-walnut-9');
const lowered = lowerPool();
const own = nice()[getPriority()].includes(String(process.pid));
const at = Object.keys(nice()).map(Number).filter((niceness) => niceness !== getPriority());
console.log(JSON.stringify({ before, lowered, at, own, started, session: session() }));
`;

async function lowered(detached: boolean, before = ''): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', scriptWith(before)], {
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'], UV_THREADPOOL_SIZE: '3' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached,
  });
  return JSON.parse(await text(child.stdout)) as Record<string, unknown>;
}

// proc(5): field 19 of stat is how nice a thread is. Only Linux has either.
(process.platform === 'linux' ? it : it.skip)(
  'the threads that hash let all others go first, and no others do',
  async () => expect(await lowered(false)).toMatchObject({ before: 0, lowered: 3, at: [10], own: true }),
);

// Not every kernel groups threads by session.
const autogroup = existsSync('/proc/self/autogroup') ? it : it.skip;

autogroup('a session of its own lets all other sessions go first', async () =>
  expect(await lowered(true)).toMatchObject({ started: '0', session: '10' }),
);

/** As the kernel answers whoever is not root, a tenth of a second after somebody else (sched_autogroup_set_nice). */
const refusing = `
fs.writeFileSync = () => { throw Object.assign(new Error('EAGAIN: resource temporarily unavailable'), { code: 'EAGAIN' }); };
syncBuiltinESMExports();
`;

autogroup('whoever is not let be nice to other sessions hashes all the same', async () =>
  expect(await lowered(true, refusing)).toMatchObject({ lowered: 3, at: [10], started: '0', session: '0' }),
);

autogroup('the session of somebody else stays as it is', async () => {
  const { started, session } = await lowered(false);
  expect(session).toBe(started);
});
