import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '@tenantry/contracts';
import { type Answer, createTenant, newSlug, type Stack, type StackTenant } from '@tenantry/testing';
import { expectProblem } from './problem.js';
import { loginWindowMs, untilWindowLasts } from './windows.js';

const password = 'anvil-orbit-walnut-9';
const closeTo = 0.1;
/** Of the first, warming up what all share, the time does not count. */
const warmingUp = 5;

/** Wrong passwords for one account, from wherever, before strangers are refused. */
const guessesHeard = 30;

type Ways = Readonly<Record<string, (round: number) => Promise<Answer>>>;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** What an answer says to whoever looks closely; its id must be its own. */
function saidBy({ status, body, headers }: Answer): string {
  const { requestId = headers['x-request-id'], ...rest } = body;
  expect(requestId).toBe(headers['x-request-id']);
  return JSON.stringify([status, rest, Object.keys(headers).sort()]);
}

/** So many times as many rounds, at most, where the machine was too uneven: what is a difference stays one, what was chance does not. */
const mostTimes = 3;

/**
 * All ways at once, round by round, each as often the first of its round as any other: whatever holds up the machine holds up all of them alike. The
 * median does not hear of what held up a few.
 */
async function expectAlike(ways: Ways, rounds: number, expectOne: (answer: Answer) => void): Promise<void> {
  const all = Object.entries(ways);
  const took = all.map((): number[] => []);
  const said = new Set<string>();
  const apart = (): number => {
    const medians = took.map(median);
    return Math.max(...medians) / Math.min(...medians) - 1;
  };
  let round = 0;
  const askAll = async (isCounted: boolean): Promise<void> => {
    const order = all.map((_, place) => (place + round) % all.length);
    const asked = async (way: number): Promise<void> => {
      const answer = await all[way]![1](round);
      expectOne(answer);
      said.add(saidBy(answer));
      if (isCounted) took[way]!.push(answer.tookMs);
    };
    await Promise.all(order.map(asked));
    round++;
  };
  for (let times = 0; times < warmingUp; times++) await askAll(false);
  for (let measured = 0; measured < mostTimes && (measured === 0 || apart() >= closeTo); measured++)
    for (let times = 0; times < rounds; times++) await askAll(true);
  expect([...said]).toHaveLength(1);
  expect(apart()).toBeLessThan(closeTo);
}

const problem =
  (code: ErrorCode) =>
  (answer: Answer): void =>
    expectProblem(answer, code);

/** What strangers are answered tells nobody which tenants and accounts there are. */
export const enumeration = (stack: () => Stack): void =>
  describe('a stranger', () => {
    let acme: StackTenant;
    beforeAll(async () => {
      acme = await createTenant(stack());
      const person = { email: 'disabled@people.example', password, firstName: 'A', lastName: 'B' };
      const created = await acme.admin.post('/v1/users', person);
      const path = String(created.headers.location);
      const { headers } = await acme.admin.get(path);
      const disabled = await acme.admin.with({ 'if-match': String(headers.etag) }).patch(path, { active: false });
      expect(disabled.status).toBe(200);
    });

    const post = (path: string, slug: string, body: object): Promise<Answer> =>
      stack()
        .http.with({ 'x-tenant': slug })
        .post(`/v1/auth/${path}`, { ...body });

    it('learns from a login neither tenant, nor account, nor that it is disabled: it says and takes the same', async () => {
      const login = (slug: string, email: string) => post('login', slug, { email, password });
      const ways: Ways = {
        tenant: () => login(newSlug(), acme.email),
        user: (round) => login(acme.slug, `nobody-${round}@people.example`),
        disabled: () => login(acme.slug, 'disabled@people.example'),
        password: () => login(acme.slug, acme.email),
      };
      await expectAlike(ways, 150, problem('invalid-credentials'));
    }, 360_000);

    const rounds = 20;
    const token = 'x'.repeat(43);
    const inTenantOrNot = (path: string, body: object): Ways => ({
      known: () => post(path, acme.slug, body),
      unknown: () => post(path, newSlug(), body),
    });

    it('learns nothing from asking for a new password', async () => {
      const ways: Ways = {
        ...inTenantOrNot('password/forgot', { email: 'nobody@people.example' }),
        user: () => post('password/forgot', acme.slug, { email: acme.email }),
      };
      await expectAlike(ways, rounds, ({ status }) => expect(status).toBe(202));
    }, 120_000);

    it.each<[string, string, object, ErrorCode]>([
      ['a token for a new password', 'password/reset', { token, password }, 'validation'],
      ['a token of an address', 'email/verify', { token }, 'validation'],
      ['a refresh token', 'refresh', { refreshToken: token }, 'unauthenticated'],
      [
        'signing up where nobody may',
        'register',
        { email: 'new@people.example', password, firstName: 'A', lastName: 'B' },
        'forbidden',
      ],
    ])(
      'learns no tenant from %s',
      async (_, path, body, code) => {
        await expectAlike(inTenantOrNot(path, body), rounds, problem(code));
      },
      120_000,
    );
  });

/** Nor is it told by what a stranger is answered who has guessed too often. */
export const limitedEnumeration = (stack: () => Stack): void =>
  it('a stranger who has guessed too often learns neither tenant nor account: it says and takes the same', async () => {
    const { slug, email } = await createTenant(stack());
    let places = 0;
    /** Each from a place of its own, so that none is refused for how often it has asked. */
    const login = (tenant: string, address: string): Promise<Answer> =>
      stack()
        .http.with({ 'x-tenant': tenant, 'x-forwarded-for': `2001:db8:7:${(++places).toString(16)}::1` })
        .post('/v1/auth/login', { email: address, password });
    const nowhere = newSlug();
    const ways: Ways = {
      tenant: () => login(nowhere, email),
      user: () => login(slug, 'nobody@people.example'),
      password: () => login(slug, email),
    };
    await untilWindowLasts(180_000, loginWindowMs);
    for (const way of Object.values(ways))
      for (let guesses = 0; guesses < guessesHeard; guesses++) expectProblem(await way(guesses), 'invalid-credentials');
    await expectAlike(ways, 40, problem('rate-limited'));
  }, 480_000);
