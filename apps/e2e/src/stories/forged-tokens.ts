import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, createTenant, type Stack, type StackTenant } from '@tenantry/testing';
import { expectProblem } from './problem.js';

type Part = Record<string, unknown>;

const encode = (part: Part): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string): Part => JSON.parse(Buffer.from(part, 'base64url').toString()) as Part;

const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signed = (header: Part, claims: Part): string => {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: stranger.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};

/** Nobody gets in by a token that auth has not made. */
export const forgedTokens = (stack: () => Stack): void =>
  describe('a token', () => {
    let tenant: StackTenant;
    let header: Part;
    let claims: Part;
    let signature: string;
    let publicKey: JsonWebKey;

    const bearing = (token: string, client: Client = stack().http): Client =>
      client.with({ authorization: `Bearer ${token}` });
    const expectRefused = async (token: string): Promise<void> => {
      const answer = await bearing(token).get('/v1/products');
      expectProblem(answer, 'unauthenticated');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="tenantry", error="invalid_token"');
    };

    beforeAll(async () => {
      tenant = await createTenant(stack());
      const [first = '', second = '', third = ''] = tenant.accessToken.split('.');
      [header, claims, signature] = [decode(first), decode(second), third];
      const { body } = await stack().http.get<{ keys: JsonWebKey[] }>('/.well-known/jwks.json');
      publicKey = body.keys.find((key) => key['kid'] === header['kid'])!;
    });

    it('as auth has made it opens its tenant', async () => {
      expect((await bearing(tenant.accessToken).get('/v1/products')).status).toBe(200);
    });

    it.each(['none', 'None', 'NONE', 'nOnE', ''])('of the algorithm "%s" is refused', async (alg) => {
      for (const end of ['', signature]) await expectRefused(`${encode({ ...header, alg })}.${encode(claims)}.${end}`);
    });

    it('whose secret is the public key is refused', async () => {
      const key = createPublicKey({ key: publicKey, format: 'jwk' });
      const secrets = [
        key.export({ type: 'spki', format: 'pem' }),
        key.export({ type: 'spki', format: 'der' }),
        JSON.stringify(publicKey),
      ];
      for (const secret of secrets) {
        const text = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
        await expectRefused(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`);
      }
    });

    it('of a key of its own is refused, wherever it says the key is found', async () => {
      const jwk = stranger.publicKey.export({ format: 'jwk' });
      const jku = `${stack().url}/.well-known/jwks.json`;
      for (const more of [
        {},
        { kid: 'unknown' },
        { kid: '../../dev/null' },
        { kid: 7 },
        { kid: undefined },
        { jwk },
        { jku },
        { x5u: jku },
      ]) {
        await expectRefused(signed({ ...header, ...more }, claims));
      }
    });

    it('that was edited is refused', async () => {
      const other = await createTenant(stack());
      for (const change of [
        { tid: other.id },
        { sub: other.id },
        { roles: ['admin', 'operator'] },
        { exp: 9_999_999_999 },
        { aud: 'x' },
      ]) {
        await expectRefused(`${encode(header)}.${encode({ ...claims, ...change })}.${signature}`);
      }
    });

    it('whose signature was edited, cut or emptied is refused', async () => {
      const text = tenant.accessToken.slice(0, -signature.length);
      const zeros = Buffer.alloc(64).toString('base64url');
      for (const end of ['', signature.slice(4), `A${signature.slice(1)}x`, zeros, `${signature}.${signature}`])
        await expectRefused(text + end);
    });

    it('of another type is refused', async () => {
      for (const typ of ['JWT', 'ctx+jwt', undefined]) {
        await expectRefused(`${encode({ ...header, typ })}.${encode(claims)}.${signature}`);
      }
    });

    it('that is no token is refused', async () => {
      for (const text of [
        'x',
        'a.b.c',
        '..',
        'null',
        'a'.repeat(5000),
        `${encode(header)}..`,
        `${encode(header)}.e30.`,
      ])
        await expectRefused(text);
    });

    it('that is good is not blamed for what else is refused', async () => {
      const { admin, email } = tenant;
      const answer = await admin
        .with({ 'x-tenant': tenant.slug })
        .post('/v1/auth/login', { email, password: 'not this' });
      expectProblem(answer, 'invalid-credentials');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="tenantry"');
    });

    it('in another place or scheme counts as none', async () => {
      const { accessToken } = tenant;
      for (const authorization of [
        undefined,
        '',
        'Bearer',
        `Basic ${accessToken}`,
        accessToken,
        `Bearer  ${accessToken}`,
        `Bearer ${accessToken} x`,
      ]) {
        const answer = await stack().http.with({ authorization }).get('/v1/products');
        expectProblem(answer, 'unauthenticated');
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="tenantry"');
      }
      expectProblem(
        await stack()
          .http.with({ cookie: `token=${accessToken}` })
          .get('/v1/products'),
        'unauthenticated',
      );
      expectProblem(await stack().http.get(`/v1/products?access_token=${accessToken}`), 'unauthenticated');
    });

    it("of a tenant does not open the platform, and an operator's key no tenant", async () => {
      expectProblem(await tenant.admin.get('/v1/admin/tenants'), 'unauthenticated');
      expectProblem(await tenant.admin.post('/v1/admin/tenants', {}), 'unauthenticated');
      for (const path of ['/v1/products', '/v1/users', '/v1/me']) {
        expectProblem(await stack().operator.with({ 'x-tenant': tenant.slug }).get(path), 'unauthenticated');
      }
    });

    it('that looks like an operator key is none', async () => {
      for (const key of [
        'tok_',
        `tok_${'x'.repeat(43)}`,
        `${stack().operatorKey}x`,
        stack().operatorKey.slice(0, -1),
        stack().operatorKey.toUpperCase(),
      ]) {
        expectProblem(await bearing(key).get('/v1/admin/tenants'), 'unauthenticated');
      }
    });
  });
