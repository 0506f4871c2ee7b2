import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mainPath, type Ran, runProgram } from './test/run.ts';
import { StandIn } from './test/stand-in.ts';

const id = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const cluster = { id, name: 'eu-1', host: 'db', port: 5432, state: 'open', labels: { region: 'eu', tier: 'a' } };

let gateway: StandIn;
beforeAll(async () => {
  gateway = await StandIn.start();
});
afterAll(() => gateway?.stop());
beforeEach(() => {
  gateway.asked.length = 0;
  gateway.answer = ({ method, path, body }) => {
    if (method === 'GET' && path.includes('?')) return { body: { data: [cluster], nextCursor: null } };
    if (method === 'GET') return { body: cluster, headers: { etag: '"tag.7"' } };
    return { body: { ...cluster, ...(body as object) } };
  };
});

const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> => {
  const env = { TENANTRY_URL: gateway.url, TENANTRY_KEY: 'tok_x', ...more };
  return runProgram(process.execPath, [mainPath, ...args], env);
};
const written = () => gateway.asked.filter(({ method }) => method !== 'GET');

describe('a cluster on the command line', () => {
  it('is registered with what is said of it; the way in stands in no argument', async () => {
    const provisionerUrl = 'postgres://p:secret@db:5432/postgres';
    const said = [
      '--reserve',
      '50',
      '--max-tenants',
      '9',
      '--label',
      'region=eu',
      '--label',
      'tier=a',
      '--port',
      '6432',
    ];
    const without = await run(['clusters', 'register', 'eu-1', ...said]);
    expect(without).toMatchObject({ code: 2, err: expect.stringContaining('TENANTRY_PROVISIONER_URL is not set') });
    expect(written()).toEqual([]);
    const { code } = await run(['clusters', 'register', 'eu-1', ...said], { TENANTRY_PROVISIONER_URL: provisionerUrl });
    const body = {
      name: 'eu-1',
      provisionerUrl,
      reserve: 50,
      maxTenants: 9,
      port: 6432,
      labels: { region: 'eu', tier: 'a' },
    };
    expect({ code, written: written() }).toMatchObject({ code: 0, written: [{ path: '/v1/admin/clusters', body }] });
  });

  it('is changed by its name or its id, as it was seen', async () => {
    for (const name of ['eu-1', id]) {
      gateway.asked.length = 0;
      const { code } = await run(['clusters', 'update', name, '--max-connections', '200', '--label', 'tier=']);
      const asked = { method: 'PATCH', path: `/v1/admin/clusters/${id}`, headers: { 'if-match': '"tag.7"' } };
      expect({ code, written: written() }).toMatchObject({
        ...{ code: 0, written: [{ ...asked, body: { maxConnections: 200, labels: { tier: null } } }] },
      });
    }
  });

  it.each([
    ['drain', 'draining'],
    ['close', 'closed'],
    ['open', 'open'],
  ])('%s puts it into the state %s', async (verb, state) => {
    expect((await run(['clusters', verb, 'eu-1'])).out).toMatch(new RegExp(`^state +${state}$`, 'm'));
    expect(written()).toMatchObject([{ method: 'PATCH', body: { state } }]);
  });

  it.each([
    [['update', 'eu-1'], 'nothing is to be changed'],
    [['update', 'eu-1', '--reserve', '1.5'], 'whole number'],
    [['update', 'eu-1', '--label', 'region'], '<name>=<value>'],
    [['register'], 'missing required argument'],
    [['no-such-verb'], 'no-such-verb'],
  ])('%j is wrong usage', async (args, said) => {
    expect(await run(['clusters', ...args])).toMatchObject({ code: 2, err: expect.stringContaining(said) });
    expect(written()).toEqual([]);
  });

  it('that is not there is said to be so', async () => {
    expect(await run(['clusters', 'drain', 'eu-9'])).toMatchObject({ code: 1, err: "There is no cluster 'eu-9'.\n" });
  });

  it('is shown in words, what is inside of it too', async () => {
    expect((await run(['clusters'])).out).toContain('region=eu tier=a');
    const { out } = await run(['clusters', 'drain', 'eu-1']);
    expect(out).toMatch(/^labels\.region +eu$/m);
    expect(out).not.toMatch(/[{}"[\]]/);
  });
});

it('help says what create takes, with an example', async () => {
  const { code, out } = await run(['create', '--help']);
  expect(code).toBe(0);
  for (const option of ['--name', '--email', '--first-name', '--last-name', '--plan', '--cluster', '--sign-up'])
    expect(out).toMatch(new RegExp(`^ +${option}\\b.* {2}\\S`, 'm'));
  expect(out).toMatch(/^ +TENANTRY_ADMIN_PASSWORD=\S+ npm run -s tenants -- create initech /m);
});
