import { type ChildProcess, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operator, Tenant } from '@tenantry/contracts';
import { newSlug, OwnPostgres, setBack, Stack } from '@tenantry/testing';
import pg from 'pg';
import { mainPath, type Ran, runProgram } from './test/run.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ clusters: 2, demo: true, env: { ROTATION_OVERLAP_SECONDS: '3' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

const env = (): Record<string, string> => ({
  ...{ TENANTRY_URL: stack.url, TENANTRY_KEY: stack.operatorKey },
  TENANTRY_ADMIN_PASSWORD: 'correct-horse-battery-9',
});
/** As a user runs it, with its output piped. */
const run = (
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  meet?: (child: ChildProcess, err: string) => void,
): Promise<Ran> => runProgram(process.execPath, [mainPath, ...args], { ...env(), ...more }, meet);

const person = ['--email', 'ada@acme.example', '--first-name', 'Ada', '--last-name', 'Lovelace'];
const create = async (slug = newSlug(), ...more: readonly string[]): Promise<Tenant> => {
  const { out } = await run(['--json', 'create', slug, '--name', 'Acme', ...person, ...more]);
  return JSON.parse(out) as Tenant;
};

describe('tenants on the command line', () => {
  it('are made step by step, shown and listed; machines get JSON and people no colours', async () => {
    const slug = newSlug();
    const made = await run(['create', slug, '--name', 'Acme', ...person, '--plan', 'free']);
    expect(made).toMatchObject({ code: 0, err: expect.stringMatching(/ {2}activate: done/) });
    expect(made.out).toMatch(new RegExp(`^slug +${slug}$`, 'm'));
    expect(made.out + made.err).not.toContain('\u001b');
    const shown = await run(['show', slug, '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ slug, state: 'active', plan: 'free' });
    const listed = await run(['list', '--json', '--q', slug]);
    expect(
      listed.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toHaveLength(1);
    expect((await run(['usage', slug])).out).toMatch(/^databaseBytes +\d+$/m);
  });

  it('are suspended and resumed for a reason, which the audit keeps', async () => {
    const { slug, id } = await create();
    expect((await run(['suspend', slug])).code).toBe(2);
    expect((await run(['suspend', slug, '--reason', 'did not pay'])).code).toBe(0);
    expect((await run(['suspend', id, '--reason', 'again'])).code).toBe(1);
    expect((await run(['resume', slug, '--reason', 'Prüfung bezahlt'])).code).toBe(0);
    const { out } = await run(['audit', '--tenant', slug, '--action', 'tenants.resume']);
    expect(out).toContain('Prüfung bezahlt');
  });

  it('are closed for maintenance, and opened again', async () => {
    const { slug } = await create();
    expect((await run(['maintenance', slug, '--reason', 'a new index'])).out).toMatch(/^state +maintenance$/m);
    expect((await run(['resume', slug, '--reason', 'done'])).out).toMatch(/^state +active$/m);
  });

  it('are deleted only under their own name, at once archived, and purged when their time has come', async () => {
    const { slug } = await create();
    expect((await run(['delete', slug, '--confirm', slug])).code).toBe(2);
    const other = await run(['delete', slug, '--confirm', 'another', '--reason', 'test']);
    expect(other).toMatchObject({ code: 1, out: '' });
    const { code, out, err } = await run(['delete', slug, '--confirm', slug, '--reason', 'left us']);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^state +archived$/m) });
    expect(err).toMatch(/begins at \d{4}-/);
  });

  it('get new passwords step by step; who watches may leave with Ctrl-C, and come back', async () => {
    const { slug } = await create();
    const left = await run(['rotate', slug], {}, (child, err) => {
      if (err.includes(': done') && !child.killed) child.kill('SIGINT');
    });
    expect(left).toMatchObject({ code: 0, err: expect.stringContaining('It goes on.') });
    const [, id = ''] = /operation ([0-9a-f-]{36}) --follow/.exec(left.err) ?? [];
    const watched = await run(['--json', 'operation', id, '--follow']);
    expect(watched.code).toBe(0);
    expect(JSON.parse(watched.out)).toMatchObject({ id, state: 'succeeded' });
    expect((await run(['rotate', slug])).err.match(/: done/g)?.length).toBeGreaterThan(2);
  });

  it('of several, those that can be done are done, and the exit code says that not all were', async () => {
    const { slug } = await create();
    const { code, err } = await run(['suspend', slug, 'nobody-at-all', '--reason', 'test']);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('nobody-at-all: There is no tenant') });
    expect(JSON.parse((await run(['show', slug, '--json'])).out)).toMatchObject({ state: 'suspended' });
  });
});

describe('the schema of tenants on the command line', () => {
  /** On the first cluster, whose databases the test can open. */
  const onMain = (): Promise<Tenant> => create(newSlug(), '--cluster', 'main');
  /** What somebody does to a tenant's database by hand. */
  async function within<Result>({ id }: Tenant, work: (database: pg.Client) => Promise<Result>): Promise<Result> {
    const database = await stack.openDatabase(`t_${id.replaceAll('-', '')}`);
    return work(database).finally(() => database.end());
  }
  /** As if an upgrade had left it behind. */
  async function leaveBehind(tenant: Tenant): Promise<void> {
    const version = await within(tenant, setBack);
    const registry = await stack.openDatabase('registry');
    const change = 'UPDATE tenants SET schema_version = $2 WHERE id = $1';
    await registry.query(change, [tenant.id, version]).finally(() => registry.end());
  }

  it('is looked at: who is behind is listed, and what somebody has changed', async () => {
    const [changed, behind] = [await onMain(), await onMain()];
    await within(changed, (database) => database.query('ALTER TABLE products ADD COLUMN by_hand integer'));
    await leaveBehind(behind);
    const slugs = ['--slug', 'acme', '--slug', changed.slug, '--slug', behind.slug];
    const { code, out, err } = await run(['migrate', '--check', ...slugs]);
    expect({ code, err }).toEqual({
      code: 3,
      err: expect.stringMatching(/^2 of 3 databases are not as they should be$/m),
    });
    expect(out).toMatch(new RegExp(`^${changed.slug} .*\\n {2}\\+ .*by_hand`, 'm'));
    expect(out).toMatch(new RegExp(`^${behind.slug} .*version`, 'm'));
    expect((await run(['migrate', 'drift'])).out).not.toContain(behind.slug);
    expect((await run(['doctor'])).out).toContain(`behind: ${behind.slug} (npm run -s tenants -- migrate)`);
    expect((await run(['migrate', '--check', '--slug', 'acme'])).code).toBe(0);
  }, 60_000);

  it('is brought to the newest version wave by wave, while somebody watches or not', async () => {
    const [first, second] = [await onMain(), await onMain()];
    for (const tenant of [first, second]) await leaveBehind(tenant);
    const watched = await run(['migrate', '--canary', '1', '--slug', first.slug, '--slug', second.slug]);
    expect(watched).toMatchObject({
      code: 0,
      err: expect.stringMatching(/wave 1: done 1\/1\n[^]*wave 2: done 1\/1\n/),
    });
    expect((await run(['migrate', '--check', '--slug', first.slug, '--slug', second.slug])).code).toBe(0);
    await leaveBehind(second);
    const begun = await run(['migrate', '--detach', '--reason', 'release']);
    const [, id = ''] = /migrate follow ([0-9a-f-]{36})/.exec(begun.err) ?? [];
    const { code, out } = await run(['migrate', 'follow', id, '--json']);
    expect({ code, run: JSON.parse(out) as object }).toMatchObject({
      code: 0,
      run: { id, state: 'succeeded', reason: 'release' },
    });
    expect((await run(['migrate', 'pause'])).code).toBe(1);
    expect((await run(['migrate', '--slug', 'nobody-at-all'])).err).toContain('selector/slugs/0');
  }, 60_000);

  it('of whom one cannot be reached is migrated but for that one, which is listed and tried again', async () => {
    const [well, ill] = [await onMain(), await onMain()];
    for (const tenant of [well, ill]) await leaveBehind(tenant);
    const letIn = async (isLetIn: boolean): Promise<void> => {
      const server = await stack.openDatabase();
      const change = `ALTER DATABASE t_${ill.id.replaceAll('-', '')} WITH ALLOW_CONNECTIONS ${isLetIn}`;
      await server.query(change).finally(() => server.end());
    };
    await letIn(false);
    const migrated = await run(['migrate', '--slug', well.slug, '--slug', ill.slug, '--json']);
    expect(migrated.code).toBe(3);
    expect(JSON.parse(migrated.out)).toMatchObject({ state: 'failed', tenants: { succeeded: 1, failed: 1 } });
    const failed = await run(['migrate', 'failures']);
    expect(failed).toMatchObject({ code: 0, out: expect.stringContaining(ill.slug) });
    expect(failed.out).not.toContain(well.slug);
    await letIn(true);
    expect((await run(['migrate', 'retry-failed'])).code).toBe(0);
    expect((await run(['migrate', 'follow'])).code).toBe(0);
    expect((await run(['show', ill.slug])).out).toMatch(new RegExp(`^schemaVersion +${well.schemaVersion}$`, 'm'));
  }, 60_000);
});

describe('the platform on the command line', () => {
  it('has keys that open what they say; what they do not is exit code 4', async () => {
    const made = await run(['operators', 'create', newSlug(), '--scopes', 'tenants:read', '--json']);
    const { key, id } = JSON.parse(made.out) as Operator & { key: string };
    const asReader = { TENANTRY_KEY: key };
    expect((await run(['list'], asReader)).code).toBe(0);
    expect((await run(['operators'], asReader)).code).toBe(4);
    expect((await run(['list'], { TENANTRY_KEY: `${key.slice(0, -1)}_` })).code).toBe(4);
    expect((await run(['operators', 'revoke', id])).code).toBe(0);
  });

  it('is well, says doctor', async () => {
    const { code, out } = await run(['doctor']);
    expect({ code, out }).toEqual({ code: 0, out: expect.not.stringContaining('false') });
    expect((await run(['clusters'])).out).toMatch(/^main +open/m);
    expect((await run(['pools'])).code).toBe(0);
  });

  it('has as many clusters as it was started with, and tenants live on each', async () => {
    expect((await run(['clusters'])).out).toMatch(/^cluster-2 +open +127\.0\.0\.1 +\d+ +[1-9]/m);
    expect((await run(['show', 'acme'])).out).toMatch(/^cluster +main$/m);
    expect((await run(['show', 'globex'])).out).toMatch(/^cluster +cluster-2$/m);
    const login = { email: 'admin@globex.example', password: 'tenantry-demo-password' };
    expect((await stack.http.with({ 'x-tenant': 'globex' }).post('/v1/auth/login', login)).status).toBe(200);
    expect(stack.output).toMatch(/^ +clusters +main, cluster-2$/m);
  });

  it.each([[['lst']], [['create', 'x']], [['show']], [['list', '--no-such-option']]])(
    'refuses %j as wrong usage',
    async (args) => {
      expect(await run(args)).toMatchObject({ code: 2, out: '' });
    },
  );

  it('says who does not answer, and fails', async () => {
    const { code, err } = await run(['list'], { TENANTRY_URL: 'http://127.0.0.1:1' });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('nobody answers at http://127.0.0.1:1') });
    expect((await run(['list'], { TENANTRY_KEY: '' })).code).toBe(2);
  });
});

describe('the door that people use', () => {
  const tenants = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    const { HOME = '' } = process.env;
    return runProgram('npm', ['run', '-s', 'tenants', '--', ...args], { HOME, ...env(), ...more });
  };

  it('says what was asked for and nothing else: each line is a document', async () => {
    const { code, out } = await tenants(['list', '--json']);
    const lines = out.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines.map((line) => (JSON.parse(line) as Tenant).slug)).toEqual(expect.arrayContaining(['acme', 'globex']));
  }, 60_000);

  it('ends with what the verb ended with', async () => {
    expect(await tenants(['list'], { TENANTRY_KEY: `tok_${'x'.repeat(43)}` })).toMatchObject({ code: 4, out: '' });
  }, 60_000);
});

describe('what compose runs once', () => {
  const script = new URL('../../deploy/compose/register-cluster.mjs', import.meta.url).pathname;
  const register = async (env: Readonly<Record<string, string>>): Promise<string> => {
    const given = { GATEWAY_URL: stack.url, OPERATOR_KEY: stack.operatorKey, CLUSTER_NAME: 'b', ...env };
    return (await promisify(execFile)(process.execPath, [script], { env: given })).stdout;
  };

  it('makes a cluster known, once; fails where it cannot be used', async () => {
    await using postgres = new AsyncDisposableStack();
    const second = postgres.adopt(await OwnPostgres.start(), (server) => server.stop());
    const env = { PROVISIONER_URL: second.url };
    await expect(register(env)).rejects.toThrow(/not registered.*provisionerUrl/);
    const client = new pg.Client({ connectionString: second.url });
    await client.connect();
    await client.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC').finally(() => client.end());
    expect(await register(env)).toBe('the cluster b is registered\n');
    expect(await register(env)).toBe('the cluster b is known\n');
    expect((await run(['clusters'])).out).toMatch(/^b +open +127\.0\.0\.1 +\d+ +0 +\d+ +50 /m);
  }, 60_000);
});
