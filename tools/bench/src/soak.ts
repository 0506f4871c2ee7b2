import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './harness/bench.ts';
import { figureOf } from './harness/figure.ts';
import { load } from './connections/bare.ts';
import { startFleet } from './connections/fleet.ts';
import { openLibrary } from './connections/library.ts';
import { randomOf, tenantsBy } from './connections/sequence.ts';

const bench = 'soak';
const defaultDatabases = 300;
const budget = 30;
const callers = 64;

/** Load without end, while connections are killed and the budget changes: what fails, and what the heap keeps. */
export const soak: Bench = {
  name: bench,
  about: `${defaultDatabases} databases behind ${budget} connections that are killed at random; --seconds for each round`,
  defaults: { rounds: 6, seconds: 10 },
  async run({ rounds, seconds, databases = defaultDatabases, report }, owned) {
    const fleet = await startFleet(databases, owned, report);
    const library = await openLibrary(fleet.places, { budget, idleCloseMs: 2000, lifetimeMs: 10_000 });
    const random = randomOf(3);
    const draw = tenantsBy(1, databases, random);
    const counts = { sent: 0, failed: 0, cut: 0 };
    const heaps: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const end = performance.now() + seconds * 1000;
      const trouble = async (): Promise<void> => {
        while (performance.now() < end) {
          await sleep(500);
          library.connections.resize(10 + Math.floor(random() * (budget - 10)));
          await fleet.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE usename LIKE 't\\_%' AND state = 'idle' ORDER BY random() LIMIT 3`);
          counts.cut += 3;
        }
      };
      await Promise.all([
        trouble(),
        load(callers, seconds, () => {
          counts.sent++;
          return library.read(draw()).catch(() => void counts.failed++);
        }),
      ]);
      heaps.push(process.memoryUsage().heapUsed);
      report(
        `round ${round} of ${rounds}: ${counts.sent} sent, ${counts.failed} failed, about ${counts.cut} connections cut`,
      );
    }
    const { held, busy, waiting } = library.connections.pools().clusters[0]!;
    report(`at the end: ${held} connections held, ${busy} busy, ${waiting} waiting`);
    await library.close();
    // A connection may be cut in the moment in which it is lent: so many requests may fail, and no more.
    const lost = {
      bench,
      figure: 'failed requests, of connections cut',
      unit: '',
      better: 'lower',
      target: 1,
    } as const;
    const heap = {
      bench,
      figure: 'heap at the end, of the first half',
      unit: 'B',
      better: 'lower',
      target: 1.5,
    } as const;
    return [
      figureOf(lost, [counts.failed], [counts.cut]),
      figureOf(heap, [Math.min(...heaps.slice(-2))], [Math.max(...heaps.slice(1, Math.ceil(heaps.length / 2) + 1))]),
    ];
  },
};
