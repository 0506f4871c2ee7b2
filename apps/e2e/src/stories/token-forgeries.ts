import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTenant, type Stack } from '@tenantry/testing';
import { expectProblem } from './problem.js';

type Part = Record<string, unknown>;

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part: string): Part => JSON.parse(Buffer.from(part, 'base64url').toString()) as Part;

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A genuine token in parts, and where a listener waits for anybody who follows what a token names. */
interface Genuine {
  readonly header: Part;
  readonly claims: Part;
  readonly signature: string;
  readonly publicKey: JsonWebKey;
  readonly trap: string;
}

const textOf = (header: Part, claims: unknown): string => `${encode(header)}.${encode(claims)}`;
const ecSigned = (header: Part, claims: unknown, key: KeyObject = p256.privateKey, hash = 'sha256'): string => {
  const text = textOf(header, claims);
  return `${text}.${sign(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};
const signedAs = (alg: string, hash: string | null, key: KeyObject, { header, claims }: Genuine): string => {
  const text = textOf({ ...header, alg }, claims);
  return `${text}.${sign(hash, Buffer.from(text), key).toString('base64url')}`;
};
const macOf = (alg: string, hash: string, secret: string | Buffer, { header, claims }: Genuine): string => {
  const text = textOf({ ...header, alg }, claims);
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
};
const exported = ({ publicKey }: Genuine, type: 'pem' | 'der'): string | Buffer =>
  createPublicKey({ key: publicKey, format: 'jwk' }).export({ type: 'spki', format: type as 'pem' });
const ours = (change: Part, { header, claims, signature }: Genuine): string =>
  `${textOf(header, { ...claims, ...change })}.${signature}`;
const strange = (change: Part, { header, claims }: Genuine): string => ecSigned({ ...header, ...change }, claims);
const ended = (end: string, { header, claims }: Genuine): string => `${textOf(header, claims)}.${end}`;
const jwk = p256.publicKey.export({ format: 'jwk' });

type Row = readonly [title: string, forge: (genuine: Genuine) => string];

const noAlgorithm = ['none', 'None', 'NONE', 'nOnE', '', null, 0, ['ES256']].flatMap((alg): Row[] => [
  [`of algorithm ${JSON.stringify(alg)}, unsigned`, ({ header, claims }) => `${textOf({ ...header, alg }, claims)}.`],
  [
    `of algorithm ${JSON.stringify(alg)}, signed`,
    ({ header, claims, signature }) => `${textOf({ ...header, alg }, claims)}.${signature}`,
  ],
]);
const confused: Row[] = [
  ['HS256 under the public key as PEM', (genuine) => macOf('HS256', 'sha256', exported(genuine, 'pem'), genuine)],
  ['HS256 under the public key as DER', (genuine) => macOf('HS256', 'sha256', exported(genuine, 'der'), genuine)],
  [
    'HS256 under the public key as JWK',
    (genuine) => macOf('HS256', 'sha256', JSON.stringify(genuine.publicKey), genuine),
  ],
  ['HS384 under the public key', (genuine) => macOf('HS384', 'sha384', exported(genuine, 'pem'), genuine)],
  ['HS512 under nothing', (genuine) => macOf('HS512', 'sha512', '', genuine)],
  ['RS256 under a key of its own', (genuine) => signedAs('RS256', 'sha256', rsa.privateKey, genuine)],
  ['EdDSA under a key of its own', (genuine) => signedAs('EdDSA', null, ed.privateKey, genuine)],
  [
    'ES384 under a key of its own',
    ({ header, claims }) => ecSigned({ ...header, alg: 'ES384' }, claims, p384.privateKey, 'sha384'),
  ],
  ['ES256K in name', ({ header, claims, signature }) => `${textOf({ ...header, alg: 'ES256K' }, claims)}.${signature}`],
];
const keys = (trap: string): Part[] => [
  {},
  { kid: 'unknown' },
  { kid: '' },
  { kid: null },
  { kid: 7 },
  { kid: '../../../dev/null' },
  { kid: "x' UNION SELECT 'key" },
  { kid: '__proto__' },
  { kid: trap },
  { jwk },
  { jwk, kid: undefined },
  { jku: trap },
  { jku: trap, kid: 'unknown' },
  { x5u: trap },
  { x5u: trap, kid: 'unknown' },
  { x5c: [Buffer.from('certificate').toString('base64')] },
  { crit: ['exp'], exp: 1 },
  { b64: false, crit: ['b64'] },
];
const edited: Part[] = [
  { tid: '0192f0c1-2b3c-7d4e-8f50-6172839405a6' },
  { sub: '0192f0c1-2b3c-7d4e-8f50-6172839405a6' },
  { sid: '0192f0c1-2b3c-7d4e-8f50-6172839405a6' },
  { roles: ['admin', 'operator'] },
  { ver: 2_000_000_000 },
  { exp: 9_999_999_999 },
  { exp: undefined },
  { nbf: 9_999_999_999 },
  { aud: 'tenantry-platform' },
  { aud: ['tenantry-api', 'x'] },
  { iss: 'https://elsewhere.example' },
];
const shapes: Row[] = [
  ['of type JWT', ({ header, claims, signature }) => `${textOf({ ...header, typ: 'JWT' }, claims)}.${signature}`],
  [
    'of type ctx+jwt',
    ({ header, claims, signature }) => `${textOf({ ...header, typ: 'ctx+jwt' }, claims)}.${signature}`,
  ],
  ['of no type', ({ header, claims, signature }) => `${textOf({ ...header, typ: undefined }, claims)}.${signature}`],
  ['with an empty signature', (genuine) => ended('', genuine)],
  ['with zeros for a signature', (genuine) => ended(Buffer.alloc(64).toString('base64url'), genuine)],
  [
    'with a signature in DER',
    ({ header, claims }) => {
      const text = textOf(header, claims);
      return `${text}.${sign('sha256', Buffer.from(text), p256.privateKey).toString('base64url')}`;
    },
  ],
  ['with half a signature', (genuine) => ended(genuine.signature.slice(0, 43), genuine)],
  ['with two signatures', (genuine) => ended(`${genuine.signature}.${genuine.signature}`, genuine)],
  ['with claims that are a list', ({ header, signature }) => `${textOf(header, [])}.${signature}`],
  ['with no claims', ({ header, signature }) => `${encode(header)}..${signature}`],
  ['in five parts, as if encrypted', ({ header }) => `${encode({ ...header, enc: 'A256GCM' })}.a.b.c.d`],
  ['with a header that is no object', ({ claims, signature }) => `${encode('x')}.${encode(claims)}.${signature}`],
  ['with a header that is no JSON', ({ claims, signature }) => `e30x.${encode(claims)}.${signature}`],
  ['of 12 KB', () => 'a'.repeat(12_000)],
  ['of three dots', () => '...'],
];

/** All ways in which a token is not one that auth has made. */
const table: Row[] = [
  ...noAlgorithm,
  ...confused,
  ...keys('TRAP').map((change): Row => [
    `of a stranger's key, saying ${JSON.stringify(change).slice(0, 60)}`,
    (genuine) => strange(JSON.parse(JSON.stringify(change).replaceAll('TRAP', genuine.trap)) as Part, genuine),
  ]),
  ...edited.map((change): Row => [`edited to ${JSON.stringify(change)}`, (genuine) => ours(change, genuine)]),
  ...shapes,
];

/** A refusal takes no longer than any answer: nothing is fetched, nothing is tried again. What takes longer by itself does so each time. */
const normalMs = 1000;
const tries = 5;
/** Of the times that forged and genuine ones take, side by side. One that was fetched for, or tried again, would take far more. */
const mostTimesAsLong = 5;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

export const tokenForgeries = (stack: () => Stack): void =>
  describe('a token nobody gave', () => {
    let genuine: Genuine;
    let listener: Server;
    const asked: string[] = [];
    const tookMs = { forged: [] as number[], genuine: [] as number[] };

    beforeAll(async () => {
      listener = createServer((request, response) => {
        asked.push(String(request.url));
        response.end(JSON.stringify({ keys: [{ ...jwk, kid: 'unknown', use: 'sig', alg: 'ES256' }] }));
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const { accessToken } = await createTenant(stack());
      const [first = '', second = '', signature = ''] = accessToken.split('.');
      const header = decode(first);
      const { body } = await stack().http.get<{ keys: JsonWebKey[] }>('/.well-known/jwks.json');
      const publicKey = body.keys.find((key) => key['kid'] === header['kid'])!;
      const trap = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/jwks.json`;
      genuine = { header, claims: decode(second), signature, publicKey, trap };
    });
    afterAll(() => new Promise((resolve) => listener.close(resolve)));

    const send = (token: string) =>
      stack()
        .http.with({ authorization: `Bearer ${token}` })
        .get('/v1/products?limit=1');

    it('is genuine when nothing of it is changed', async () => {
      expect((await send(ours({}, genuine))).status).toBe(200);
    });

    it.each(table)('is refused: %s', async (_, forge) => {
      const refuse = async (): Promise<number> => {
        const answer = await send(forge(genuine));
        expectProblem(answer, 'unauthenticated');
        return answer.tookMs;
      };
      const first = await refuse();
      let quickest = first;
      for (let again = 1; quickest >= normalMs && again < tries; again++) quickest = await refuse();
      expect(quickest).toBeLessThan(normalMs);
      tookMs.forged.push(first);
      tookMs.genuine.push((await send(ours({}, genuine))).tookMs);
    });

    it('is refused as fast as one that somebody was given is believed', () => {
      expect(tookMs.forged).toHaveLength(table.length);
      expect(median(tookMs.forged)).toBeLessThan(mostTimesAsLong * median(tookMs.genuine));
    });

    it('is refused in at least forty ways, and none of them made anybody ask elsewhere', () => {
      expect(table.length).toBeGreaterThanOrEqual(40);
      expect(asked).toEqual([]);
    });
  });
