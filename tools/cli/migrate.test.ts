import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import type { MigrationTarget } from '@tenantry/contracts';
import { mainPath, type Ran, runOnTerminal, runProgram } from './test/run.ts';
import { counts, failedTarget, runId, runOf } from './test/runs.ts';
import { type Reply, StandIn } from './test/stand-in.ts';

const path = '/v1/admin/migration-runs';

let gateway: StandIn;
/** What is answered each time that the run is asked for; the last of them from then on. */
let course: Reply[];
let failed: MigrationTarget[];

beforeAll(async () => {
  gateway = await StandIn.start();
});
afterAll(() => gateway?.stop());

const begun = runOf('running', [counts({ pending: 2 }), counts({ pending: 3 })]);
const done = runOf('succeeded', [counts({ succeeded: 2 }), counts({ succeeded: 3 })], { wave: 2 });
const runIs = (...all: object[]): void => void (course = all.map((body) => ({ body })));

beforeEach(() => {
  runIs(done);
  failed = [];
  gateway.asked.length = 0;
  gateway.answer = ({ method, path: asked }) => {
    if (method === 'POST') return { status: 201, headers: { location: `${path}/${runId}` }, body: begun };
    if (asked.startsWith(`${path}/${runId}/tenants?`)) return { body: { data: failed, nextCursor: null } };
    if (asked.startsWith(`${path}?`)) return { body: { data: [begun], nextCursor: null } };
    if (asked === `${path}/${runId}`) return course.length > 1 ? course.shift() : course[0];
    return undefined;
  };
});

const env = () => ({ TENANTRY_URL: gateway.url, TENANTRY_KEY: 'tok_x' });
const migrate = (args: readonly string[], meet?: (child: ChildProcess, err: string) => void): Promise<Ran> =>
  runProgram(process.execPath, [mainPath, 'migrate', ...args], env(), meet);
const written = () => gateway.asked.filter(({ method }) => method !== 'GET');

describe('a run of migrations', () => {
  it('is begun with what was said of it, and nothing else', async () => {
    await migrate([]);
    const said = ['--waves', '5,50', '--target', '12', '--concurrency', '8', '--max-failures', '0', '--plan', 'free'];
    await migrate([...said, '--cluster', 'eu-1', '--slug', 'acme', '--slug', 'globex', '--reason', 'an index']);
    await migrate(['--canary', '5']);
    const selector = { slugs: ['acme', 'globex'], cluster: 'eu-1', plan: 'free' };
    expect(written().map(({ body }) => body)).toEqual([
      { selector: {} },
      { selector, waves: [5, 50], target: 12, concurrency: 8, maxFailures: 0, reason: 'an index' },
      { selector: {}, waves: [5] },
    ]);
  });

  it('that is let go is begun and not watched, and it is said how to watch it', async () => {
    const { code, out, err } = await migrate(['--detach', '--json']);
    expect({ code, out: JSON.parse(out) as object, err }).toEqual({
      ...{ code: 0, out: begun },
      err: `To watch it: npm run -s tenants -- migrate follow ${runId}\n`,
    });
    expect(gateway.asked).toHaveLength(1);
  });

  it('is watched to its end; piped, each change is a line without colours', async () => {
    runIs(
      begun,
      runOf('running', [counts({ running: 1, succeeded: 1 }), counts({ pending: 3 })]),
      runOf('running', [counts({ running: 1, succeeded: 1 }), counts({ pending: 3 })]),
      runOf('running', [counts({ succeeded: 2 }), counts({ pending: 1, running: 1, failed: 1 })], { wave: 2 }),
      runOf('failed', [counts({ succeeded: 2 }), counts({ succeeded: 1, failed: 1, skipped: 1 })], { wave: 2 }),
    );
    const { code, out, err } = await migrate([]);
    expect(err.split('\n').slice(0, 5)).toEqual([
      '  wave 1: ... 1/2',
      '  wave 1: done 2/2',
      '  wave 2: ... 1/3, 1 failed',
      '  wave 2: FAILED 3/3, 1 failed, 1 skipped',
      '1 of 5 tenants failed',
    ]);
    expect(err).toContain(`migrate failures ${runId}\n`);
    expect(err).toContain(`migrate retry-failed ${runId}\n`);
    expect({ code, out }).toEqual({ code: 3, out: expect.stringMatching(/^state +failed$/m) });
    expect(out + err).not.toContain('\u001b');
  });

  it('has a bar for each wave on a terminal, with how fast it goes on', async () => {
    runIs(
      runOf('running', [counts({ pending: 2 }), counts({ pending: 400 })]),
      runOf('running', [counts({ succeeded: 2 }), counts({ pending: 396, running: 4 })], { wave: 2 }),
      runOf('running', [counts({ succeeded: 2 }), counts({ pending: 200, succeeded: 200 })], { wave: 2 }),
      runOf('succeeded', [counts({ succeeded: 2 }), counts({ succeeded: 400 })], { wave: 2 }),
    );
    const { code, out, err } = await runOnTerminal(['migrate', 'follow', runId], env());
    expect(err).toMatch(/wave 2 {2}█{12}░{12} 200\/400, \d+\/s, \d+ s left/);
    expect(err).toMatch(/wave 2 {2}█{24} 400\/400(?!,)/);
    expect({ code, out }).toEqual({ code: 0, out: expect.not.stringContaining('\u001b') });
  });

  it('goes on when Ctrl-C ends the watching, and it is said how to come back', async () => {
    runIs(runOf('running', [counts({ pending: 1, running: 1 })]));
    const { code, err } = await migrate([], (child, said) => {
      if (said.includes('wave 1: ...') && !child.killed) child.kill('SIGINT');
    });
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`migrate follow ${runId}\n`) });
    expect(written()).toHaveLength(1);
  });

  it('that pauses ends the watching with 3: why, and how to go on, is said', async () => {
    runIs(begun, runOf('paused', [counts({ failed: 2 }), counts({ pending: 3 })], { stateReason: 'wave 1 failed' }));
    const { code, out, err } = await migrate(['--json']);
    expect({ code, out: JSON.parse(out) as object }).toMatchObject({ code: 3, out: { id: runId, state: 'paused' } });
    expect(err).toContain('paused: wave 1 failed\n');
    for (const verb of ['failures', 'retry-failed', 'resume', 'cancel'])
      expect(err).toContain(`migrate ${verb} ${runId}`);
  });

  it('that somebody cancels has failed', async () => {
    runIs(runOf('cancelled', [counts({ succeeded: 1, skipped: 1 })], { stateReason: 'the wrong day' }));
    expect(await migrate(['follow'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('cancelled: the wrong day\n'),
    });
  });

  it('that meets tables which somebody has changed by hand says so, and is no failure', async () => {
    runIs(runOf('succeeded', [counts({ succeeded: 2 })], { drifted: 1 }));
    const { code, err } = await migrate(['follow']);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`migrate drift ${runId}\n`) });
    failed = [failedTarget('acme', { state: 'succeeded', error: null, difference: ['+ column products.by_hand'] })];
    expect((await migrate(['drift'])).out).toMatch(/^acme .*\n {2}\+ column products\.by_hand\n$/m);
    expect(gateway.asked.at(-1)!.path).toContain('drifted=true');
  });

  it('is watched while the gateway is away for a moment', async () => {
    const away = { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' };
    course = [{ body: begun }, away, { status: 503, body: { detail: 'no registry' } }, { body: done }];
    expect((await migrate([])).code).toBe(0);
  });

  it.each([
    [404, 'There is no such run.', 1, 'There is no such run.\n'],
    [
      403,
      'The key may not.',
      4,
      `The key may not.\nIt goes on. To watch it again: npm run -s tenants -- migrate follow ${runId}\n`,
    ],
  ])('whose watching is answered %i is left at once', async (status, detail, code, err) => {
    course = [{ status, body: { detail } }];
    expect(await migrate(['follow', runId])).toEqual({ code, out: '', err });
  });
});

describe('a run that only looks', () => {
  it('lists the databases that are not as they should be, with how they differ, and ends with 3', async () => {
    failed = [
      failedTarget('acme', { error: 'differs', difference: ['- column products.price', '+ index old'] }),
      failedTarget('globex', { error: 'is behind' }),
    ];
    runIs(runOf('failed', [counts({ succeeded: 3, failed: 2 })], { check: true }));
    const { code, out, err } = await migrate(['--check']);
    expect(written().map(({ body }) => body)).toEqual([{ check: true, selector: {} }]);
    expect(out.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^acme +1 +11 +- +2 +differs$/),
      '  - column products.price',
      '  + index old',
      expect.stringMatching(/^globex +1 +11 +- +2 +is behind$/),
      '',
    ]);
    expect({ code, err }).toEqual({
      code: 3,
      err: expect.stringContaining('2 of 5 databases are not as they should be\n'),
    });
    expect(gateway.asked.at(-1)!.path).toContain('state=failed');
  });

  it('for nobody says so', async () => {
    runIs(runOf('succeeded', [], { target: 12 }));
    expect(await migrate([])).toMatchObject({
      code: 0,
      err: expect.stringContaining('nobody was behind version 12\n'),
    });
  });

  it.each([['--canary'], ['--concurrency'], ['--target'], ['--waves']])('of %s 0 is wrong usage', async (option) => {
    expect(await migrate([option, '0'])).toMatchObject({ code: 2, err: expect.stringContaining(option) });
    expect(gateway.asked).toEqual([]);
  });

  it('is not asked of what is no address', async () => {
    const ran = await runProgram(process.execPath, [mainPath, 'migrate'], { ...env(), TENANTRY_URL: 'nonsense' });
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("TENANTRY_URL is no address: 'nonsense'") });
  });

  it('says that all is well, and nothing to machines', async () => {
    runIs(runOf('succeeded', [counts({ succeeded: 5 })], { check: true }));
    const { code, out, err } = await migrate(['--check', '--json']);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: '',
      err: expect.stringContaining('all 5 are as they should be\n'),
    });
  });
});

describe('the newest run, unless another is said,', () => {
  it.each(['pause', 'resume', 'cancel', 'retry-failed'])('is what %s is about', async (verb) => {
    expect((await migrate([verb, '--reason', 'noon'])).code).toBe(0);
    expect((await migrate([verb, 'another'])).code).toBe(0);
    expect(written()).toMatchObject([
      { path: `${path}/${runId}/${verb}`, body: { reason: 'noon' } },
      { path: `${path}/another/${verb}`, body: null },
    ]);
  });

  it('is shown, and what failed of it', async () => {
    failed = [failedTarget('acme')];
    expect((await migrate(['status'])).out).toMatch(/^tenants\.succeeded +5$/m);
    expect(JSON.parse((await migrate(['failures', '--json'])).out)).toEqual(failed[0]);
    expect((await migrate(['list'])).out).toMatch(new RegExp(`^${runId} +running +12 `, 'm'));
  });

  it('is missed where there is none', async () => {
    gateway.answer = () => ({ body: { data: [], nextCursor: null } });
    expect(await migrate(['status'])).toMatchObject({ code: 1, err: 'There has been no run of migrations yet.\n' });
  });
});

it.each([
  [['stauts'], 'too many arguments'],
  [['--check', '--canary', '5'], 'cannot be used with'],
  [['--check', '--max-failures', '5'], 'cannot be used with'],
  [['--canary', '5', '--waves', '5,50'], 'cannot be used with'],
  [['--waves', '5,many'], 'whole number'],
  [['--concurrency', '1.5'], 'whole number'],
])('migrate %j is wrong usage, and begins nothing', async (args, said) => {
  expect(await migrate(args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(said) });
  expect(gateway.asked).toEqual([]);
});

it('one who may not begin a run is told by exit code 4, and that another has not ended by 1', async () => {
  for (const [status, code] of [
    [403, 4],
    [409, 1],
  ] as const) {
    gateway.answer = () => ({ status, body: { detail: 'no' } });
    expect(await migrate([])).toEqual({ code, out: '', err: 'no\n' });
  }
});
