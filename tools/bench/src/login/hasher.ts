import { hash, verify } from '@node-rs/argon2';
import { serveParent } from '../harness/parent.ts';
import type { Measured } from '../harness/rounds.ts';

/** What the users service hashes with (OWASP): KiB, passes, lanes. argon2id is the package's default algorithm. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const password = 'correct horse battery staple';
const stored = await hash(password, cost);

/** The check of one password after the other, and nothing else. */
serveParent(async ({ seconds }: { seconds: number }): Promise<Measured> => {
  const start = performance.now();
  const end = start + seconds * 1000;
  let requests = 0;
  for (; performance.now() < end; requests++) {
    if (!(await verify(stored, password))) throw new Error('the right password was refused');
  }
  return { requests, seconds: (performance.now() - start) / 1000 };
});
