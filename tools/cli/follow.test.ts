import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { mainPath, type Ran, runOnTerminal, runProgram } from './test/run.ts';
import { StandIn } from './test/stand-in.ts';

type State = 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped';

const operationId = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
const at = '2026-01-01T00:00:00.000Z';
const step = (name: string, state: State) => {
  const isOver = state === 'succeeded' || state === 'failed';
  return { name, state, startedAt: isOver ? at : null, endedAt: isOver ? at : null };
};
const operation = (state: string, ...steps: object[]) => ({
  ...{ id: operationId, kind: 'rotate-credentials', tenantId: null, state, dueAt: at, steps },
});

let gateway: StandIn;
/** What the operation is, each time that it is asked for; the last of them from then on. */
let course: object[];

beforeAll(async () => {
  gateway = await StandIn.start();
});
afterAll(() => gateway?.stop());
beforeEach(() => {
  course = [operation('running', step('prepare', 'running'), step('switch', 'pending'))];
  gateway.asked.length = 0;
  gateway.answer = ({ method, path }) => {
    if (path.startsWith('/v1/admin/operations/')) return { body: course.length > 1 ? course.shift() : course[0] };
    if (method === 'POST')
      return { status: 202, headers: { location: `/v1/admin/operations/${operationId}` }, body: {} };
    const slug = new URL(path, gateway.url).searchParams.get('slug');
    return { body: { data: [{ id: `id-of-${slug}`, slug, state: 'active' }], nextCursor: null } };
  };
});

const env = () => ({ TENANTRY_URL: gateway.url, TENANTRY_KEY: 'tok_x' });
const run = (args: readonly string[], meet?: (child: ChildProcess, err: string) => void): Promise<Ran> =>
  runProgram(process.execPath, [mainPath, ...args], env(), meet);
const begun = () => gateway.asked.filter(({ method }) => method === 'POST');

describe('on a terminal', () => {
  const onTerminal = (...args: string[]) => runOnTerminal(args, env());

  it('steps are drawn in their place, and the outcome alone is on stdout', async () => {
    course.push(operation('succeeded', step('prepare', 'succeeded'), step('switch', 'succeeded')));
    const { err: shown, out } = await onTerminal('operation', operationId, '--follow');
    expect(shown).toMatch(/\u001b\[\d*[AK]/);
    expect(shown).toContain('prepare (0 ms)');
    expect(shown).toContain('switch (0 ms)');
    expect(out).toMatch(/^state +succeeded$/m);
    expect(out).not.toContain('\u001b');
  });

  it('what is undone after a failure is shown below it', async () => {
    const failed = [
      step('prepare', 'succeeded'),
      { ...step('switch', 'failed'), error: 'no way in' },
      step('retire', 'skipped'),
    ];
    course = [
      operation('running', step('prepare', 'running'), step('switch', 'pending'), step('retire', 'pending')),
      operation('running', ...failed, step('undo', 'running')),
      operation('failed', ...failed, step('undo', 'succeeded')),
    ];
    const { err: shown, out } = await onTerminal('operation', operationId, '--follow');
    expect(shown).toMatch(/no way in[^]*undo \(0 ms\)[^]*rotate-credentials failed/);
    expect(out).toBe('');
  });
});

describe('several, one after another', () => {
  const leaveAtOnce = (child: ChildProcess, err: string): void => {
    if (err.includes('prepare: ...') && !child.killed) child.kill('SIGINT');
  };

  it('of which one was left with Ctrl-C: no other is begun, and those are named', async () => {
    const { code, err } = await run(['rotate', 'acme', 'globex', 'initech'], leaveAtOnce);
    expect(begun().map(({ path }) => path)).toEqual(['/v1/admin/tenants/id-of-acme/rotate-credentials']);
    expect({ code, err }).toEqual({
      code: 3,
      err: expect.stringMatching(/It goes on\.[^]*not begun: globex, initech/),
    });
  });

  it('of which the last was left: all are begun', async () => {
    course = [operation('succeeded', step('prepare', 'succeeded')), ...course];
    expect((await run(['rotate', 'acme', 'globex'], leaveAtOnce)).code).toBe(0);
    expect(begun()).toHaveLength(2);
  });

  it('are done for the reason that was given', async () => {
    course = [operation('succeeded', step('prepare', 'succeeded'))];
    await run(['rotate', 'acme', '--reason', 'a leak']);
    await run(['rotate', 'globex']);
    expect(begun().map(({ body }) => body)).toEqual([{ reason: 'a leak' }, null]);
  });
});

describe('watching', () => {
  it('asks less and less often while nothing happens, and at once more often when something does', async () => {
    const at: number[] = [];
    const { answer } = gateway;
    gateway.answer = (asked) => {
      if (asked.path.startsWith('/v1/admin/operations/')) at.push(performance.now());
      return answer(asked);
    };
    const still = operation('running', step('prepare', 'running'), step('switch', 'pending'));
    const further = operation('running', step('prepare', 'succeeded'), step('switch', 'running'));
    course = [...Array<object>(7).fill(still), further, further, operation('succeeded', step('prepare', 'succeeded'))];
    expect((await run(['operation', operationId, '--follow'])).code).toBe(0);
    const waits = at.slice(1).map((time, index) => time - at[index]!);
    // Never sooner than it says; later, as a busy machine lets it.
    for (const [index, least] of [200, 300, 450, 675, 1012, 1518, 2000, 200, 300].entries())
      expect(waits[index]).toBeGreaterThan(least - 20);
    expect(waits).toHaveLength(9);
  }, 30_000);

  it('shows in words how each step went', async () => {
    course = [operation('succeeded', step('prepare', 'succeeded'))];
    const { out } = await run(['operation', operationId]);
    expect(out).toMatch(/^steps\.1 +name=prepare state=succeeded startedAt=\S+ endedAt=\S+$/m);
  });
});

describe('an answer that is not of the gateway', () => {
  it.each([
    [502, '<html>Bad Gateway</html>'],
    [200, 'It works!'],
  ])('(%i) is said to be so in one line, and fails', async (status, body) => {
    gateway.answer = () => ({ status, headers: { 'content-type': 'text/html' }, body });
    const { code, out, err } = await run(['list']);
    expect({ code, out, err }).toEqual({
      ...{ code: 1, out: '' },
      err: `${gateway.url} answers ${status}, and not as the gateway does\n`,
    });
  });
});

it.each(['abc', '1.5', '0', '-3', '', '9999999'])('a number of days that is %j is wrong usage', async (days) => {
  const { code, err } = await run(['operators', 'create', 'robot', '--scopes', 'tenants:read', `--days=${days}`]);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('whole number of days') });
  expect(gateway.asked).toEqual([]);
});
