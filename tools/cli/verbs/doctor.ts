import type { Command } from 'commander';
import type { Cluster, InstancePools, Orphans, Tenant } from '@tenantry/contracts';
import type { PlatformApi } from '../api.ts';
import { ApiError } from '../api.ts';
import { contextOf } from '../context.ts';
import { SomeFailed } from '../exit.ts';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
}

/** They all answer one question, within moments of each other. */
const clocksApartMs = 2000;
/** Longer in the making than any birth takes. */
const stuckAfterMs = 60_000;

const listOf = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** Each asks and tells what it found, or raises where it could not even ask. */
const checks: Readonly<Record<string, (api: PlatformApi) => Promise<Omit<Finding, 'check'>>>> = {
  'the gateway answers and knows the key': async (api) => {
    await api.get('/v1/admin/tenants?limit=1');
    return { ok: true, found: 'yes' };
  },
  'a cluster is open and has room': async (api) => {
    const all = await api.all<Cluster>('/v1/admin/clusters');
    const open = all.filter(({ state, tenants, maxTenants }) => state === 'open' && tenants < maxTenants);
    return { ok: open.length > 0, found: listOf(open.map(({ name }) => name)) };
  },
  'instances have room for connections': async (api) => {
    const { data } = await api.get<{ data: InstancePools[] }>('/v1/admin/pools');
    const waiting = data.filter(({ clusters }) => clusters.some((one) => one.waiting > 0 || one.clusterOpenMs > 0));
    const ok = data.length > 0 && waiting.length === 0;
    return {
      ok,
      found: ok ? `${data.length} instances` : `waiting: ${listOf(waiting.map(({ instance }) => instance))}`,
    };
  },
  'no cluster can be asked for more connections than it has': async (api) => {
    const { data } = await api.get<{ data: InstancePools[] }>('/v1/admin/pools');
    const wanted = data.reduce((sum, { budget }) => sum + budget, 0);
    const all = await api.all<Cluster>('/v1/admin/clusters');
    const short = all.filter(({ maxConnections, reserve }) => maxConnections - reserve < wanted);
    const said = short.map(({ name, maxConnections, reserve }) => `${name} has ${maxConnections - reserve}`);
    return { ok: short.length === 0, found: `${wanted} together; short: ${listOf(said)}` };
  },
  'the clocks of the instances agree': async (api) => {
    const { data } = await api.get<{ data: InstancePools[] }>('/v1/admin/pools');
    const times = data.flatMap(({ at }) => (at === undefined ? [] : [Date.parse(at)]));
    const apartMs = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
    return { ok: apartMs <= clocksApartMs, found: `${apartMs} ms apart` };
  },
  'no cluster has databases or roles of nobody': async (api) => {
    const all = await api.all<Cluster>('/v1/admin/clusters');
    const found = await Promise.all(
      all.map(async ({ id, name }) => {
        const { data } = await api.get<Orphans>(`/v1/admin/clusters/${id}/orphans`);
        return data.map((orphan) => `${orphan.kind} ${orphan.name} on ${name}`);
      }),
    );
    return { ok: found.flat().length === 0, found: listOf(found.flat()) };
  },
  'no tenant is stuck in provisioning': async (api) => {
    const all = await api.all<Tenant>('/v1/admin/tenants', { state: 'provisioning' });
    const stuck = all.filter(({ updatedAt }) => Date.now() - Date.parse(updatedAt) > stuckAfterMs);
    return { ok: stuck.length === 0, found: listOf(stuck.map(({ slug }) => slug)) };
  },
  'no active tenant is behind in its schema': async (api) => {
    const all = await api.all<Tenant>('/v1/admin/tenants', { state: 'active' });
    const newest = Math.max(0, ...all.map(({ schemaVersion }) => schemaVersion));
    const behind = all.filter(({ schemaVersion }) => schemaVersion < newest);
    const cure = behind.length > 0 ? ' (npm run -s tenants -- migrate)' : '';
    return {
      ok: behind.length === 0,
      found: `newest ${newest}; behind: ${listOf(behind.map(({ slug }) => slug))}${cure}`,
    };
  },
};

async function examine(api: PlatformApi, check: string): Promise<Finding> {
  try {
    return { check, ...(await checks[check]!(api)) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { check, ok: false, found: error.message };
  }
}

/** Looks whether the platform is well, as far as an operator can see. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('looks whether the platform is well')
    .action(async (_options: object, command: Command) => {
      const { api, output } = contextOf(command);
      const findings: Finding[] = [];
      for (const check of Object.keys(checks)) findings.push(await examine(api, check));
      output.many(findings, ['ok', 'check', 'found']);
      const bad = findings.filter(({ ok }) => !ok).length;
      if (bad === findings.length) throw new ApiError('nothing is well', 500);
      if (bad > 0) throw new SomeFailed(`${bad} of ${findings.length} checks failed`);
    });
}
