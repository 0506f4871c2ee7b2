import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditEvent, Operator, TenantAuditEvent, User } from '@tenantry/contracts';
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

const path = '/v1/admin/audit-events';

/** What operators do, and try to do, is written down. */
export const audit = (stack: () => Stack): void =>
  describe('the audit', () => {
    let tenant: StackTenant;
    let reader: Client;
    let actor: string;

    const search = async (query: string): Promise<AuditEvent[]> => {
      const { status, body } = await stack().operator.get<{ data: AuditEvent[] }>(`${path}?limit=100&${query}`);
      expect(status).toBe(200);
      return body.data;
    };

    beforeAll(async () => {
      tenant = await createTenant(stack());
      const wish = { name: newSlug(), scopes: ['tenants:read'] };
      const { body } = await stack().operator.post<Operator & { key: string }>('/v1/admin/operators', wish);
      reader = stack().http.with({ authorization: `Bearer ${body.key}` });
      actor = `operator:${body.id}`;
    });

    it('names the tenant that was made', async () => {
      expect(await search(`tenant=${tenant.id}`)).toMatchObject([{ action: 'tenants.create', outcome: 'succeeded' }]);
    });

    it('tells who did what, why, from where, by which request', async () => {
      const why = { 'x-reason': `UTF-8''${encodeURIComponent('Prüfung')}`, 'x-request-id': 'audited-request-1' };
      await reader.with(why).get(`/v1/admin/tenants/${tenant.id}`);
      expect(await search(`actor=${actor}&action=tenants.get`)).toMatchObject([
        {
          ...{ tenantId: tenant.id, outcome: 'succeeded', reason: 'Prüfung', requestId: 'audited-request-1' },
          address: expect.stringMatching(/127\.0\.0\.1$/),
        },
      ]);
    });

    it('tells of what was refused, at the edge or behind it', async () => {
      const unknown = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';
      expectProblem(await reader.get(`/v1/admin/tenants/${unknown}`), 'not-found');
      expectProblem(await reader.delete(`/v1/admin/operators/${unknown}`), 'forbidden');
      expectProblem(await reader.get(path), 'forbidden');
      // Nobody waits for the record of what the edge refuses.
      for (let tries = 0; tries < 50 && (await search(`actor=${actor}&outcome=forbidden`)).length < 2; tries++);
      expect(await search(`actor=${actor}&outcome=not-found`)).toMatchObject([{ tenantId: unknown }]);
      const refused = await search(`actor=${actor}&outcome=forbidden`);
      expect(refused.map(({ action }) => action).toSorted()).toEqual([
        'tenants.audit.list',
        'tenants.operators.revoke',
      ]);
    });

    it('tells of what was refused for what it says, and of what may not be done whatever the reason', async () => {
      const { operator } = stack();
      const made = await operator.post('/v1/admin/tenants', { slug: 'No Slug', name: 'x' });
      expect([400, 422]).toContain(made.status);
      const changed = await operator.patch(`/v1/admin/tenants/${tenant.id}`, { name: 'y' });
      expectProblem(changed, 'precondition-required');
      const unread = { 'x-reason': `UTF-8''%00` };
      const read = await operator.with(unread).get(`/v1/admin/tenants/${tenant.id}`);
      expectProblem(read, 'bad-request');
      const listed = await reader.with(unread).get('/v1/admin/clusters');
      expectProblem(listed, 'forbidden');
      const told: [Answer, Partial<AuditEvent>][] = [
        [made, { action: 'tenants.create', outcome: made.status === 422 ? 'validation' : 'bad-request' }],
        [changed, { action: 'tenants.update', outcome: 'precondition-required', tenantId: tenant.id }],
        [read, { action: 'tenants.get', outcome: 'bad-request', tenantId: tenant.id, reason: null }],
        [listed, { action: 'tenants.clusters.list', outcome: 'forbidden', actor, reason: null }],
      ];
      for (const [{ headers }, event] of told) {
        const row = async (): Promise<AuditEvent | undefined> =>
          (await search(`action=${event.action}`)).find(({ requestId }) => requestId === headers['x-request-id']);
        // Nobody waits for the record of what the edge refuses.
        await until(`${event.action} is recorded`, 20_000, async () => (await row()) !== undefined);
        expect(await row()).toMatchObject(event);
      }
    });

    it('is exported whole as CSV', async () => {
      for (let reads = 0; reads < 101; reads++) await reader.get('/v1/admin/tenants?limit=1');
      const asCsv = stack().operator.with({ accept: 'text/csv' });
      const answer = await asCsv.get(`${path}?actor=${actor}&action=tenants.list`);
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/csv; charset=utf-8' } });
      const [header, ...lines] = answer.text.trimEnd().split('\r\n');
      expect(header).toMatch(/^at,actor,actorName,action,/);
      expect(lines).toHaveLength(101);
      expect(new Set(lines).size).toBe(101);
      expectProblem(await asCsv.get(`${path}?limit=1`), 'bad-request');
    });

    it('refuses searches that make no sense', async () => {
      for (const query of ['from=yesterday', 'sort=at', 'tenant=acme'])
        expect([400, 422]).toContain((await stack().operator.get(`${path}?${query}`)).status);
    });
  });

/** So is what people do in a tenant, for its own admin to read. */
export const tenantAudit = (stack: () => Stack): void =>
  describe("a tenant's audit", () => {
    it('tells of a login that failed, one that did not, and the logout: who, from where, by which request', async () => {
      const tenant = await createTenant(stack());
      const person = { email: 'grace@audited.example', password: 'anvil-orbit-walnut-9', roles: ['viewer'] };
      const names = { firstName: 'Grace', lastName: 'Hopper' };
      const { body: grace } = await tenant.admin.post<User>('/v1/users', { ...person, ...names });
      const ids = { failed: 'audited-login-failed', login: 'audited-login', logout: 'audited-logout' };
      const at = (id: string): Client =>
        stack().http.with({ 'x-tenant': tenant.slug, 'x-request-id': id, 'user-agent': 'story/1' });
      const { email, password } = person;
      expectProblem(await at(ids.failed).post('/v1/auth/login', { email, password: 'a guess' }), 'invalid-credentials');
      const { body } = await at(ids.login).post<{ accessToken: string }>('/v1/auth/login', { email, password });
      const bearer = at(ids.logout).with({ authorization: `Bearer ${body.accessToken}` });
      expect((await bearer.post('/v1/auth/logout', {})).status).toBe(204);

      const audit = await tenant.admin.get<{ data: TenantAuditEvent[] }>('/v1/audit-events?limit=100');
      const of = (requestId: string) => audit.body.data.filter((event) => event.requestId === requestId);
      const from = { address: expect.stringMatching(/127\.0\.0\.1$/), agent: 'story/1' };
      const claims = Buffer.from(body.accessToken.split('.')[1]!, 'base64url').toString();
      const { sid } = JSON.parse(claims) as { sid: string };
      expect(of(ids.failed)).toMatchObject([{ ...from, action: 'auth.login-failed', details: { email } }]);
      const actor = `user:${grace.id}`;
      expect(of(ids.login)).toMatchObject([{ ...from, action: 'auth.login', actor, targetId: sid }]);
      expect(of(ids.logout)).toMatchObject([{ ...from, action: 'auth.logout', actor, targetId: sid }]);
      expect(audit.text).not.toContain(password);
      expect(audit.text).not.toContain('a guess');
    });
  });
