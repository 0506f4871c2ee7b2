import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mainPath, type Ran, runProgram } from './test/run.ts';
import { type Reply, StandIn } from './test/stand-in.ts';

let gateway: StandIn;
/** What the platform says, by the longest beginning of the path; a test changes what is wrong. */
let says: Record<string, Reply>;

beforeAll(async () => {
  gateway = await StandIn.start();
});
afterAll(() => gateway?.stop());

const page = (...data: object[]): Reply => ({ body: { data, nextCursor: null } });
const cluster = { id: 'c1', name: 'main', state: 'open', tenants: 1, maxTenants: 10, maxConnections: 100, reserve: 10 };
const instance = (name: string, at: string, one: object = {}) => ({
  ...{ service: 'users', instance: name, at, budget: 40 },
  clusters: [{ cluster: 'db:5432', waiting: 0, clusterOpenMs: 0, ...one }],
});
const tenant = (slug: string, more: object = {}) => ({
  slug,
  schemaVersion: 3,
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...more,
});

beforeEach(() => {
  says = {
    '/v1/admin/tenants?limit=100&state=provisioning': page(),
    '/v1/admin/tenants?limit=100&state=active': page(tenant('acme')),
    '/v1/admin/tenants': page(),
    '/v1/admin/clusters/c1/orphans': { body: { data: [] } },
    '/v1/admin/clusters': page(cluster),
    '/v1/admin/pools': page(
      instance('users-1', '2026-01-01T00:00:00.000Z'),
      instance('users-2', '2026-01-01T00:00:01.900Z'),
    ),
  };
  gateway.answer = ({ path }) => {
    const beginnings = Object.keys(says).filter((beginning) => path.startsWith(beginning));
    return says[beginnings.sort((one, other) => other.length - one.length)[0] ?? ''];
  };
});

const doctor = (): Promise<Ran> =>
  runProgram(process.execPath, [mainPath, '--json', 'doctor'], { TENANTRY_URL: gateway.url, TENANTRY_KEY: 'tok_x' });
const findings = ({ out }: Ran) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { check: string; ok: boolean; found: string });

describe('doctor', () => {
  it('finds a platform well that is', async () => {
    const ran = await doctor();
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(findings(ran).filter(({ ok }) => !ok)).toEqual([]);
  });

  it.each<[string, Record<string, Reply>, string, string]>([
    [
      'no cluster that takes tenants',
      { '/v1/admin/clusters': page({ ...cluster, state: 'draining' }) },
      'a cluster is open and has room',
      'none',
    ],
    [
      'an instance whose requests wait',
      { '/v1/admin/pools': page(instance('users-1', '2026-01-01T00:00:00.000Z', { waiting: 3 })) },
      'instances have room for connections',
      'waiting: users-1',
    ],
    [
      'instances that may open more connections than there are',
      { '/v1/admin/clusters': page({ ...cluster, maxConnections: 89 }) },
      'no cluster can be asked for more connections than it has',
      '80 together; short: main has 79',
    ],
    [
      'clocks that are apart',
      {
        '/v1/admin/pools': page(
          instance('users-1', '2026-01-01T00:00:00.000Z'),
          instance('auth-1', '2026-01-01T00:00:02.500Z'),
        ),
      },
      'the clocks of the instances agree',
      '2500 ms apart',
    ],
    [
      'what a tenant has left behind',
      { '/v1/admin/clusters/c1/orphans': { body: { data: [{ kind: 'role', name: 't_0' }] } } },
      'no cluster has databases or roles of nobody',
      'role t_0 on main',
    ],
    [
      'a cluster that cannot be asked',
      { '/v1/admin/clusters/c1/orphans': { status: 503, body: { detail: 'The cluster cannot be asked.' } } },
      'no cluster has databases or roles of nobody',
      'The cluster cannot be asked.',
    ],
    [
      'a birth that does not end',
      { '/v1/admin/tenants?limit=100&state=provisioning': page(tenant('stuck')) },
      'no tenant is stuck in provisioning',
      'stuck',
    ],
    [
      'a tenant left behind in its schema',
      { '/v1/admin/tenants?limit=100&state=active': page(tenant('acme'), tenant('old', { schemaVersion: 2 })) },
      'no active tenant is behind in its schema',
      'newest 3; behind: old (npm run -s tenants -- migrate)',
    ],
  ])('names %s, and ends with 3', async (_, wrong, check, found) => {
    says = { ...says, ...wrong };
    const ran = await doctor();
    expect(findings(ran).filter(({ ok }) => !ok)).toEqual([{ check, ok: false, found }]);
    expect(ran).toMatchObject({ code: 3, err: expect.stringMatching(/^1 of \d+ checks failed\n$/) });
  });

  it('ends with 1 where nothing can be asked', async () => {
    says = {};
    expect((await doctor()).code).toBe(1);
  });
});
