import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TenantLifecycle, type TenantNotice, tenantNotice, type TenantState, Users } from '@tenantry/contracts';
import { ContextSigner, createLog, type Nats, Notices } from '@tenantry/service-kit';
import { createTenantDatabase, type TenantDatabase, within } from '@tenantry/testing';
import { oldestSchema } from './app.module.js';
import { startBus, type Bus, until } from './test/bus.js';

/** A change of state holds in every service within this. */
const followedWithinMs = 2000;

const log = createLog({ service: 'users', instance: 'test', level: 'warn' });
let acme: TenantDatabase;
let globex: TenantDatabase;
let bus: Bus;
let registry: Nats;
let notices: Notices;
/** What the registry says of acme, when it is asked. */
const states: Record<string, TenantState> = {};
const terms: Record<string, { generation: number; schemaVersion?: number }> = {};
let generation = 1;

beforeAll(async () => {
  [acme, globex] = await Promise.all([createTenantDatabase(), createTenantDatabase()]);
  bus = await startBus([acme, globex], states, terms);
  registry = await bus.connect('tenant-registry');
  notices = new Notices(registry, log, await ContextSigner.start(registry, log, 'tenant-registry'));
});
afterAll(async () => {
  await bus.close();
  await Promise.all([acme, globex].map((tenant) => tenant.drop()));
});

/** From now on it is so; nobody has been told. */
const become = (state: TenantState): TenantNotice => {
  generation++;
  states[acme.tenantId] = state;
  terms[acme.tenantId] = { generation };
  return { tenantId: acme.tenantId, slug: 'test', state, generation };
};
/** The same, but that its database has this version of the schema. */
const becomeVersion = (schemaVersion: number): TenantNotice => {
  const notice = become('active');
  terms[acme.tenantId] = { generation, schemaVersion };
  return notice;
};
const say = (notice: TenantNotice): void => void notices.tell(tenantNotice, notice);
const answer = async (tenant = acme) => {
  const { status, body } = await bus.ask(Users.list, {}, tenant);
  return status === 200 ? 'served' : (body as unknown as { code: string }).code;
};
const isAnswered = (code: string) => until(async () => (await answer()) === code);

beforeEach(async () => {
  say(become('active'));
  await isAnswered('served');
});

describe('a service that serves a tenant', () => {
  it.each([
    ['suspended', 'tenant-suspended'],
    ['maintenance', 'tenant-maintenance'],
    ['archived', 'tenant-not-found'],
  ] as const)('refuses it within 2 s of the notice that it is %s, and serves the others', async (state, code) => {
    say(become(state));
    await within(followedWithinMs, isAnswered(code));
    expect(await answer(globex)).toBe('served');
    say(become('active'));
    await within(followedWithinMs, isAnswered('served'));
  });

  it('refuses it within 2 s of a change whose notice was lost', async () => {
    const asked: (number | undefined)[] = [];
    let changes: TenantNotice[] = [];
    const asking = registry.connection.subscribe(TenantLifecycle.changes.subject, {
      callback: (_, request) => {
        const { after } = request.json<{ after?: number }>();
        asked.push(after);
        const headers = request.headers!;
        headers.set('Status', '200');
        const missed = after === undefined ? [] : changes.filter((change) => change.generation > after);
        const reply = { changes: missed, generation: missed.at(-1)?.generation ?? after ?? generation };
        request.respond(JSON.stringify(reply), { headers });
      },
    });
    // Its first question makes it doubt all it knew: that is not what is meant here.
    await until(() => asked.some((after) => after === generation));
    await isAnswered('served');
    changes = [become('suspended')];
    await within(followedWithinMs, isAnswered('tenant-suspended'));
    changes = [...changes, become('active')];
    await within(followedWithinMs, isAnswered('served'));
    asking.unsubscribe();
  });

  it('refuses one alone that has an older schema than it needs, and serves it within 2 s of the notice that it is migrated', async () => {
    say(becomeVersion(oldestSchema - 1));
    await within(followedWithinMs, isAnswered('tenant-maintenance'));
    expect(await answer(globex)).toBe('served');
    say(becomeVersion(oldestSchema));
    await within(followedWithinMs, isAnswered('served'));
  });

  it('serves one that is migrated within 2 s of that, though the notice was lost', async () => {
    let changes: TenantNotice[] = [];
    let isAsked = false;
    const asking = registry.connection.subscribe(TenantLifecycle.changes.subject, {
      callback: (_, request) => {
        const { after } = request.json<{ after?: number }>();
        isAsked ||= after !== undefined;
        const missed = changes.filter((change) => change.generation > (after ?? generation));
        const headers = request.headers!;
        headers.set('Status', '200');
        const reply = { changes: missed, generation: missed.at(-1)?.generation ?? after ?? generation };
        request.respond(JSON.stringify(reply), { headers });
      },
    });
    say(becomeVersion(oldestSchema - 1));
    await isAnswered('tenant-maintenance');
    // Its first question makes it doubt all it knew: that is not what is meant here.
    await until(() => isAsked);
    await isAnswered('tenant-maintenance');
    changes = [becomeVersion(oldestSchema)];
    await within(followedWithinMs, isAnswered('served'));
    asking.unsubscribe();
  });
});
