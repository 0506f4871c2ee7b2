import { randomInt } from 'node:crypto';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { event, eventStream, type EventEnvelope, type ServiceName } from '@tenantry/contracts';
import { CommonConfig, createLog, Nats, type Log } from '@tenantry/service-kit';
import { testServers } from '@tenantry/testing';
import { z } from 'zod';
import type { Hint } from '../hints.js';
import { StreamMaker } from '../stream-maker.js';
import { hintStreamOf } from '../streams.js';

export const silent: Log = createLog({ service: 'products', instance: 'test', level: 'silent' });

/** A log that is kept: each line as the object it was written as. */
export function keptLog(level: string): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { log: createLog({ service: 'products', instance: 'test', level }, { write }), lines };
}

export function natsAs(user: string, url = testServers().natsUrl): Promise<Nats> {
  const settings = { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: testServers().natsPasswords[user] };
  return Nats.open(CommonConfig.parse(settings), 'test', silent);
}

/** An event of `products`, or of another, that no other test tells. */
export function ownEvent(version = 1, word = ownWord(), service: 'products' | 'users' = 'products') {
  return event(`${service}.${word}`, { data: z.strictObject({ step: z.int() }), version });
}
export type OwnEvent = ReturnType<typeof ownEvent>;

export const ownWord = (): string => Array.from({ length: 12 }, () => String.fromCharCode(97 + randomInt(26))).join('');

export interface Stored {
  readonly envelope: EventEnvelope;
  readonly headers: Readonly<Record<string, string>>;
}

/** What JetStream has stored under a subject, in order; waits until there are `atLeast`. */
export async function stored(admin: Nats, subject: string, atLeast = 0, waitMs = 10_000): Promise<Stored[]> {
  const manager = await jetstreamManager(admin.connection, { checkAPI: false });
  for (const end = performance.now() + waitMs; ; await sleep(20)) {
    const { state } = await manager.streams.info(eventStream, { subjects_filter: subject });
    const count = state.subjects?.[subject] ?? 0;
    if (count >= atLeast) return count === 0 ? [] : readAll(admin, subject, count);
    if (performance.now() > end) throw new Error(`only ${count} of ${atLeast} messages on ${subject}`);
  }
}

async function readAll(admin: Nats, subject: string, count: number): Promise<Stored[]> {
  const consumer = await jetstream(admin.connection).consumers.get(eventStream, { filter_subjects: [subject] });
  const found: Stored[] = [];
  for await (const message of await consumer.fetch({ max_messages: count, expires: 5000 })) {
    const headers = Object.fromEntries([...(message.headers ?? [])].map(([name, [value]]) => [name, value ?? '']));
    found.push({ envelope: message.json<EventEnvelope>(), headers });
    if (found.length === count) break;
  }
  return found;
}

/** What the registry does at its start. */
export async function makeStreams(): Promise<void> {
  const nats = await natsAs('tenant-registry');
  await new StreamMaker(nats, silent).look();
  await nats.close();
}

/** Removes all hints of a service. */
export async function removeHints(admin: Nats, service: ServiceName): Promise<void> {
  const { streams } = await jetstreamManager(admin.connection, { checkAPI: false });
  const { state } = await streams.info(hintStreamOf(service));
  for (let seq = state.first_seq; seq <= state.last_seq; seq++)
    await streams.deleteMessage(hintStreamOf(service), seq).catch(() => undefined);
}

/** Hints of a service that stand for a tenant, of whichever instance. */
export async function hintsStanding(admin: Nats, tenantId: string, service: ServiceName = 'products'): Promise<number> {
  const { streams } = await jetstreamManager(admin.connection, { checkAPI: false });
  const { state } = await streams.info(hintStreamOf(service));
  let count = 0;
  for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++) {
    const message = await streams.getMessage(hintStreamOf(service), { seq });
    if (message?.json<Hint>().place === tenantId) count++;
  }
  return count;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, waitMs = 10_000): Promise<void> {
  for (const end = performance.now() + waitMs; !(await holds()); await sleep(20))
    if (performance.now() > end) throw new Error('it did not come to hold');
}
