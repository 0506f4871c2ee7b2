import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Answer,
  type Client,
  createTenant,
  newSlug,
  type Stack,
  type StackTenant,
  until,
} from '@tenantry/testing';
import { expectProblem } from './problem.js';

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

const password = 'anvil-orbit-walnut-9';
const other = 'walnut-orbit-anvil-10';
const mailedWithinMs = 10_000;
const revokedWithinMs = 2000;

/** People become users of a tenant by themselves, and get back in by mail. */
export const registration = (stack: () => Stack): void =>
  describe('somebody whom nobody knows yet', () => {
    let open: StackTenant;
    let closed: StackTenant;
    beforeAll(async () => {
      [open, closed] = await Promise.all([createTenant(stack()), createTenant(stack())]);
      const path = `/v1/admin/tenants/${open.id}`;
      const { status } = await stack().operator.with({ 'if-match': '*' }).patch(path, { signUp: true });
      expect(status).toBe(200);
    });

    const at = ({ slug }: StackTenant): Client => stack().http.with({ 'x-tenant': slug });
    const newPerson = () => ({
      email: `${newSlug()}@people.example`,
      password,
      firstName: 'Ada',
      lastName: 'Lovelace',
    });
    const login = (email: string, given: string): Promise<Answer<Tokens>> =>
      at(open).post<Tokens>('/v1/auth/login', { email, password: given });
    const post = (path: string, body: object, tenant = open): Promise<Answer> =>
      at(tenant).post(`/v1/auth/${path}`, body);

    /** The token of the mail of this subject to this address, once it is there. */
    async function mailed(email: string, subject: string): Promise<string> {
      const find = (): string | undefined =>
        stack().mails.find((mail) => mail.includes(`To: ${email}`) && mail.includes(`Subject: ${subject}`));
      await until('the mail is there', mailedWithinMs, () => find() !== undefined);
      return /Your token: ([\w-]{43})/.exec(find()!.replaceAll('=\r\n', ''))![1]!;
    }

    async function registered(): Promise<string> {
      const person = newPerson();
      expect(await post('register', person)).toMatchObject({ status: 201, body: { email: person.email } });
      return person.email;
    }

    it('signs up as a member where the tenant allows it, once', async () => {
      const person = newPerson();
      const made = await post('register', person);
      expect(made).toMatchObject({ status: 201, body: { email: person.email, roles: ['member'], active: true } });
      expect((await open.admin.get(made.headers.location!)).body).toEqual(made.body);
      expectProblem(await post('register', { ...person, email: person.email.toUpperCase() }), 'email-taken');
      const { body } = await login(person.email, password);
      const me = await stack()
        .http.with({ authorization: `Bearer ${body.accessToken}` })
        .get('/v1/me');
      expect(me.body).toEqual(made.body);
    });

    it('does not where it does not, or where there is no such tenant', async () => {
      expectProblem(await post('register', newPerson(), closed), 'forbidden');
      expectProblem(await post('register', newPerson(), { ...closed, slug: newSlug() }), 'forbidden');
      expect((await closed.admin.get<{ data: unknown[] }>('/v1/users')).body.data).toHaveLength(1);
    });

    it('shows with the token of a mail that the address is theirs, once, and in that tenant alone', async () => {
      const token = await mailed(await registered(), 'Is this your address?');
      expectProblem(await post('email/verify', { token }, closed), 'validation');
      expectProblem(await post('password/reset', { token, password: other }), 'validation');
      const answers = await Promise.all([1, 2, 3].map(() => post('email/verify', { token })));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422]);
    });

    it('who has forgotten their password sets another with the token of a mail, once, which ends all their sessions', async () => {
      const email = await registered();
      const { body: before } = await login(email, password);
      expect(await post('password/forgot', { email })).toMatchObject({ status: 202, body: {} });
      const token = await mailed(email, 'A new password');
      expectProblem(await post('password/reset', { token, password: other }, closed), 'validation');
      const answers = await Promise.all([1, 2, 3].map(() => post('password/reset', { token, password: other })));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 422, 422]);

      expectProblem(await post('login', { email, password }), 'invalid-credentials');
      expect((await login(email, other)).status).toBe(200);
      const old = stack().http.with({ authorization: `Bearer ${before.accessToken}` });
      await until('the old token is refused', revokedWithinMs, async () => (await old.get('/v1/me')).status === 401);
      expectProblem(await old.get('/v1/me'), 'token-revoked');
      expectProblem(await post('refresh', { refreshToken: before.refreshToken }), 'token-revoked');
    });

    it('has a token that is stored as its hash, good for an hour, and for nothing after that', async () => {
      const email = await registered();
      const token = await mailed(email, 'Is this your address?');
      const database = await stack().openDatabase(`t_${open.id.replaceAll('-', '')}`);
      const hash = createHash('sha256').update(token).digest();
      const { rows } = await database.query(
        'SELECT extract(epoch FROM expires_at - created_at)::int AS seconds FROM mail_tokens WHERE hash = $1',
        [hash],
      );
      expect(rows).toEqual([{ seconds: 3600 }]);
      await database.query('UPDATE mail_tokens SET expires_at = now() WHERE hash = $1', [hash]);
      await database.end();
      expectProblem(await post('email/verify', { token }), 'validation');
    });
  });
