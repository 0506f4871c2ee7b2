import pg from 'pg';
import type { Measured } from '../harness/rounds.ts';
import { type Place, readText } from './fleet.ts';

/** So many callers, each with the next request when it has its answer, for so long. Failures are for `work` to count. */
export async function load(callers: number, seconds: number, work: () => Promise<unknown>): Promise<Measured> {
  const start = performance.now();
  const end = start + seconds * 1000;
  let requests = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await work();
      requests++;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { requests, seconds: (performance.now() - start) / 1000 };
}

/** A session whose end, such as that of the whole bench, ends no process. */
export async function clientOf(place: Place): Promise<pg.Client> {
  const client = new pg.Client(place);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** What anyone would write who has one request to make of a database. */
export async function connectReadEnd(place: Place): Promise<void> {
  const client = await clientOf(place);
  await client.query({ name: 'read', text: readText });
  await client.end();
}

export async function connectEnd(place: Place): Promise<void> {
  await (await clientOf(place)).end();
}

/** The query alone: one database, connections that stay. */
export function warmReader(place: Place, max: number): { read: () => Promise<unknown>; close: () => Promise<void> } {
  const pool = new pg.Pool({ ...place, max });
  pool.on('error', () => undefined);
  return { read: () => pool.query({ name: 'read', text: readText }), close: () => pool.end() };
}
