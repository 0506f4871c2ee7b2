import type { Bench } from './harness/bench.ts';
import { figureOf, type Figure } from './harness/figure.ts';
import { interleave, type Arm, type Measured, type Sample } from './harness/rounds.ts';
import { connectEnd, connectReadEnd, load, warmReader } from './connections/bare.ts';
import { coldRequests } from './connections/cold.ts';
import { startFleet, type Fleet } from './connections/fleet.ts';
import { openLibrary } from './connections/library.ts';
import { bytesPerDataSource, bytesPerTenant } from './connections/memory.ts';
import { alone, besideBroken, besideLoud } from './connections/neighbours.ts';
import { missesOfBelady, randomOf, tenantsBy } from './connections/sequence.ts';
import { warmFind } from './connections/warm-find.ts';

const bench = 'connections';
const defaultDatabases = 1000;
const budget = 100;
const callers = 64;
/** As many as the library has under way at most. */
const connectsAtOnce = 4;
const perTenantLimitBytes = 4096;

type Options = Parameters<Bench['run']>[0];
const rate = ({ perSecond }: Sample): number => perSecond;

/** A thousand databases on a hundred connections, each figure beside the least that could do the same. */
export const connections: Bench = {
  name: bench,
  about: `${defaultDatabases} databases (--databases N) behind ${budget} connections: throughput, cold and warm requests, memory, neighbours`,
  defaults: { rounds: 5, seconds: 4 },
  async run(options, owned) {
    const fleet = await startFleet(options.databases ?? defaultDatabases, owned, options.report);
    return [
      // First, while the heap holds nothing that could be let go meanwhile.
      ...(await memory(fleet, options)),
      ...(await byZipf(fleet, options)),
      ...(await uniform(fleet, options)),
      ...(await coldRequests(bench, fleet, options)),
      await warmFind(bench, fleet, options),
      ...(await neighbours(fleet, options)),
    ];
  },
};

const armOf = (fleet: Fleet, name: string, measure: Arm['measure']): Arm => ({
  name,
  processes: { bench: process.pid, postgres: fleet.postgresPid },
  measure,
});

/** Counts what failed beside what is measured. */
function counted(read: (tenant: number) => Promise<unknown>, draw: () => number) {
  const requests = { sent: 0, failed: 0, rounds: [] as number[][] };
  const measure = async (seconds: number): Promise<Measured> => {
    const sequence: number[] = [];
    requests.rounds.push(sequence);
    return load(callers, seconds, () => {
      const tenant = draw();
      sequence.push(tenant);
      requests.sent++;
      return read(tenant).catch(() => void requests.failed++);
    });
  };
  return { requests, measure };
}

/** The bound is 1 / (t_q + m t_c): no order of the same requests needs fewer connects than Belady's, one by one. */
async function byZipf(fleet: Fleet, options: Options): Promise<Figure[]> {
  const library = await openLibrary(fleet.places, { budget, connectsAtOnce });
  const warm = warmReader(fleet.places[0]!, 10);
  const random = randomOf(1);
  const { requests, measure } = counted(library.read, tenantsBy(1, fleet.places.length, random));
  const anyone = () => fleet.places[Math.floor(random() * fleet.places.length)]!;
  const samples = await interleave(
    [
      armOf(fleet, 'zipf', measure),
      armOf(fleet, 'one warm query', (seconds) => load(callers, seconds, warm.read)),
      armOf(fleet, 'one connect', (seconds) => load(connectsAtOnce, seconds, () => connectEnd(anyone()))),
    ],
    { ...options, warmUpSeconds: 3 * options.seconds },
  );
  const { takeOvers, connects, held } = library.connections.pools().clusters[0]!;
  options.report(`zipf: ${connects} connects for ${requests.sent} requests, ${takeOvers} take-overs, ${held} held`);
  await library.close();
  await warm.close();
  const [ours, queries, connectRates] = samples.map((each) => each.map(rate)) as [number[], number[], number[]];
  const missed = missesOfBelady(requests.rounds.flat(), budget);
  let start = requests.rounds[0]!.length;
  const bounds = requests.rounds.slice(1).map((sequence, round) => {
    const misses = missed.slice(start, (start += sequence.length)).filter(Boolean).length;
    return 1 / (1 / queries[round]! + misses / sequence.length / connectRates[round]!);
  });
  const terms = { bench, unit: '/s', better: 'higher' } as const;
  return [
    figureOf({ ...terms, figure: 'Zipf 1.0, of the bound by hindsight', target: 0.8 }, ours, bounds),
    failures('Zipf 1.0', requests),
  ];
}

async function uniform(fleet: Fleet, options: Options): Promise<Figure[]> {
  const library = await openLibrary(fleet.places, { budget, connectsAtOnce });
  const random = randomOf(2);
  const draw = tenantsBy(0, fleet.places.length, random);
  const { requests, measure } = counted(library.read, draw);
  const samples = await interleave(
    [
      armOf(fleet, 'uniform', measure),
      armOf(fleet, 'connect, query, end', (seconds) =>
        load(connectsAtOnce, seconds, () => connectReadEnd(fleet.places[draw()]!)),
      ),
    ],
    { ...options, warmUpSeconds: options.seconds },
  );
  await library.close();
  const [ours, bare] = samples.map((each) => each.map(rate)) as [number[], number[]];
  const terms = { bench, figure: 'uniform, of bare connect, query, end', unit: '/s', better: 'higher' } as const;
  return [figureOf({ ...terms, target: 1 }, ours, bare), failures('uniform', requests)];
}

/** A share of what was sent. */
const failures = (what: string, { sent, failed }: { sent: number; failed: number }): Figure =>
  figureOf(
    { bench, figure: `${what}: failed, of all requests`, unit: '', better: 'lower', target: 0 },
    [failed],
    [sent],
  );

async function memory({ places }: Fleet, { report }: Options): Promise<Figure[]> {
  report('memory of tenants at rest');
  const dataSource = await bytesPerDataSource(places.slice(0, 50));
  const ours = await bytesPerTenant(places);
  const terms = { bench, unit: 'B', better: 'lower' } as const;
  return [
    figureOf({ ...terms, figure: 'memory of an idle tenant, of a DataSource', target: 1 / 50 }, [ours], [dataSource]),
    figureOf({ ...terms, figure: 'memory of an idle tenant, of 4 KB', target: 1 }, [ours], [perTenantLimitBytes]),
  ];
}

async function neighbours(fleet: Fleet, { rounds, seconds, report }: Options): Promise<Figure[]> {
  const library = await openLibrary(fleet.places, { budget });
  await alone(library, seconds);
  const [without, beside]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    report(`neighbours: round ${round + 1} of ${rounds}`);
    without.push((await alone(library, seconds)).p99Ms);
    beside.push((await besideLoud(library, seconds)).p99Ms);
  }
  const broken = await besideBroken(library, fleet, seconds);
  await library.close();
  const failed = broken.reduce((sum, each) => sum + each.failed, 0);
  const figure = 'p99 of quiet tenants beside one 50 times as loud';
  return [
    figureOf({ bench, figure, unit: 'ms', better: 'lower', target: 1.3 }, beside, without),
    failures('beside a tenant whose database is gone, or answers after 10 s', { sent: 1, failed }),
  ];
}
