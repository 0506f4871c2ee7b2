import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DataSource } from 'typeorm';
import { entities, Product } from './entities.ts';
import type { Place } from './fleet.ts';
import { openLibrary } from './library.ts';

setFlagsFromString('--expose-gc');
// V8 drops the bytecode of functions that were not run for a while: that would be counted as a tenant's saving.
setFlagsFromString('--no-flush-bytecode');
const collect = runInNewContext('gc') as () => void;

/** Compiled code: it grows while the bench warms up, and not with tenants. */
const codeSpaces = new Set(['code_space', 'code_large_object_space', 'trusted_space', 'trusted_large_object_space']);

/** What lives on the heap now beside code, in bytes. Timers and closed sockets need a moment to let go of theirs. */
async function heapBytes(): Promise<number> {
  for (let pass = 0; pass < 3; pass++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    collect();
  }
  const spaces = getHeapSpaceStatistics().filter(({ space_name: name }) => !codeSpaces.has(name));
  return spaces.reduce((bytes, { space_used_size: used }) => bytes + used, 0);
}

/** Of one tenant that has been served and has no connection any more. */
export async function bytesPerTenant(places: readonly Place[]): Promise<number> {
  const library = await openLibrary(places, { budget: 8 });
  // The first half warms up what all tenants share.
  const half = Math.floor(places.length / 2);
  for (let tenant = 0; tenant < half; tenant++) await library.read(tenant);
  const before = await heapBytes();
  for (let tenant = half; tenant < places.length; tenant++) await library.read(tenant);
  const after = await heapBytes();
  await library.close();
  return (after - before) / (places.length - half);
}

/** Of one TypeORM DataSource with the same entities, that has been used and has closed its connection. */
export async function bytesPerDataSource(places: readonly Place[]): Promise<number> {
  const sources: DataSource[] = [];
  const open = async ({ user, ...place }: Place): Promise<void> => {
    const extra = { idleTimeoutMillis: 1 };
    const source = new DataSource({
      type: 'postgres',
      username: user,
      ...place,
      entities,
      poolSize: 10,
      extra,
    });
    await source.initialize();
    await source.getRepository(Product).find();
    sources.push(source);
  };
  for (const place of places.slice(0, 5)) await open(place);
  const before = await heapBytes();
  for (const place of places.slice(5)) await open(place);
  const after = await heapBytes();
  await Promise.all(sources.map((source) => source.destroy()));
  return (after - before) / (places.length - 5);
}
