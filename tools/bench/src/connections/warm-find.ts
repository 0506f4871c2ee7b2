import { DataSource } from 'typeorm';
import type { BenchOptions } from '../harness/bench.ts';
import { compare } from '../harness/compare.ts';
import type { Figure } from '../harness/figure.ts';
import { interleave, type Sample } from '../harness/rounds.ts';
import { load } from './bare.ts';
import { entities, Product } from './entities.ts';
import type { Fleet } from './fleet.ts';
import { openLibrary } from './library.ts';

const callers = 8;

/** 20 rows through a stock repository, lease included, against a DataSource of one database. */
export async function warmFind(bench: string, fleet: Fleet, options: BenchOptions): Promise<Figure> {
  const library = await openLibrary(fleet.places, {});
  const { user: username, ...place } = fleet.places[0]!;
  const stock = await new DataSource({
    type: 'postgres',
    username,
    ...place,
    entities,
    poolSize: 10,
  }).initialize();
  const repository = stock.getRepository(Product);
  const processes = { bench: process.pid, postgres: fleet.postgresPid };
  const [ours, bare] = (await interleave(
    [
      { name: 'find', processes, measure: (seconds) => load(callers, seconds, () => library.find(0)) },
      { name: 'find of TypeORM', processes, measure: (seconds) => load(callers, seconds, () => repository.find()) },
    ],
    { ...options, seconds: options.seconds / 2, warmUpSeconds: 2 },
  )) as [Sample[], Sample[]];
  await library.close();
  await stock.destroy();
  const terms = {
    bench,
    figure: 'warm find of 20 rows, of stock TypeORM',
    unit: '/s',
    better: 'higher',
    target: 0.95,
  } as const;
  return compare(terms, ours, bare, ({ perSecond }) => perSecond);
}
