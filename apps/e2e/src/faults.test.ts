import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { birthFails, brokerGone } from './faults/broker-gone.js';
import { brokerEmptied } from './faults/broker-emptied.js';
import { registryDatabaseGone } from './faults/registry-database-gone.js';
import { registryGone } from './faults/registry-gone.js';
import { serviceEnds } from './faults/service-ends.js';
import { noSecretInLogs } from './stories/no-secret-in-logs.js';

const limitsOff = { TENANTRY_LIMITS: 'off' };

// Two stories last a minute each. They go on, each on a stack of its own, while the others are told on a third.
const stacks: Stack[] = [];
const long = new Map<string, Promise<unknown>>();

async function start(env: Record<string, string>): Promise<Stack> {
  const stack = await Stack.start({ env });
  stacks.push(stack);
  return stack;
}

/** A failure waits until somebody asks for it. */
function begin(title: string, story: Promise<void>): void {
  long.set(
    title,
    story.catch((error: unknown) => error),
  );
}

let healing: Stack;
beforeAll(async () => {
  begin('broker', brokerGone(await start({ ...limitsOff, TENANTRY_RESTART: '60' })));
  begin('registry', registryGone(await start({ TENANTRY_RESTART: '0' })));
  healing = await start(limitsOff);
  begin('birth', birthFails(healing));
}, 300_000);
afterAll(() => Promise.all(stacks.map((stack) => stack.stop())), 90_000);

const tell = async (title: string): Promise<void> => expect(await long.get(title)).toBeUndefined();

describe('a birth', () => {
  it('that fails leaves no database and no role, and its slug is free', () => tell('birth'), 90_000);
});
serviceEnds(() => healing);
describe("the registry's database", () => {
  it(
    'gone: strangers and operators are told so at once, known tenants go on',
    () => registryDatabaseGone(healing),
    60_000,
  );
});
describe('NATS', () => {
  it(
    'gone for 60 s: requests are answered in time, all serve within 15 s of its return, nobody was restarted',
    () => tell('broker'),
    150_000,
  );
  it(
    'back without what it had stored: what has to be told is written within 15 s of its return, nobody was restarted',
    () => brokerEmptied(healing),
    60_000,
  );
});
describe('the registry and Redis', () => {
  it('gone for longer than a minute: known tenants go on', () => tell('registry'), 150_000);
});
for (const index of [0, 1, 2]) noSecretInLogs(() => stacks[index]!);
