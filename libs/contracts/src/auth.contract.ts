import { z } from 'zod';
import { AccessChange, RevocationPage } from './access.js';
import { event } from './event.js';
import { message } from './message.js';
import { credentials } from './users.contract.js';
import { id, nothing, page, text, timestamp } from './schemas.js';

/** A successful login (RFC 6749, 5.1, in camelCase). `expiresIn` and `refreshExpiresIn` in seconds. */
export const Login = z
  .strictObject({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int(),
    refreshToken: z.string(),
    refreshExpiresIn: z.int(),
  })
  .meta({ id: 'Login' });

/** The public half of a signing key (RFC 7517): P-256, for ES256 only. */
export const PublicKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  use: z.literal('sig'),
  alg: z.literal('ES256'),
});
export type PublicKey = z.output<typeof PublicKey>;

/** The public keys of access tokens (RFC 7517, 5). */
export const KeySet = z.strictObject({ keys: z.array(PublicKey) }).meta({ id: 'KeySet' });

/**
 * Claims of an access token (RFC 9068): who (`sub`), in which tenant (`tid`), in which session (`sid`), with which roles, as of which
 * version of the user's access (`ver`).
 */
export const AccessTokenClaims = z.object({
  sub: id,
  tid: id,
  sid: id,
  roles: z.array(z.string()),
  ver: z.int().positive(),
  exp: z.int(),
  iat: z.int(),
  jti: z.string(),
});
export type AccessTokenClaims = z.output<typeof AccessTokenClaims>;

/** What access tokens are signed and checked with; fixed, never taken from a token. */
export const accessToken = {
  algorithm: 'ES256',
  type: 'at+jwt',
  issuer: 'tenantry-auth',
  audience: 'tenantry-api',
  lifetimeSeconds: 600,
} as const;

/** How long a refresh token is good: each for so long without use, all of a session together for no longer than `absoluteSeconds`. */
export const refreshToken = { idleSeconds: 7 * 86_400, absoluteSeconds: 30 * 86_400 } as const;

/** One login on one device, as its owner sees it. */
export const Session = z
  .strictObject({
    id,
    /** What the client says it is. */
    device: z.string().nullable(),
    /** Where it was opened. */
    address: z.string().nullable(),
    createdAt: timestamp,
    lastUsedAt: timestamp,
    /** When it ends at the latest, however often it is used. */
    expiresAt: timestamp,
    /** Whether it is the session of this very request. */
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
export type Session = z.output<typeof Session>;

/** Live sessions that one person can have; another one ends the one that was not used for longest. */
export const maxSessions = 100;

export const Auth = {
  /** Where a limit is reached (`limitedForSeconds`), only who logged in from the same address before is heard. */
  login: message('auth.login', {
    request: z.strictObject({ ...credentials, limitedForSeconds: z.int().positive().nullable() }),
    reply: Login,
    needs: 'public',
    hidesTenants: true,
  }),
  /** Spends the refresh token and gives the next. Not idempotent: the same token again is a theft, or was one. */
  refresh: message('auth.refresh', {
    request: z.strictObject({ refreshToken: text(1, 512) }).meta({ id: 'Refresh' }),
    reply: Login,
    needs: 'public',
    hidesTenants: true,
  }),
  logout: message('auth.logout', {
    request: z.strictObject({}),
    reply: nothing,
    needs: 'authenticated',
    status: 204,
    idempotent: true,
  }),
  sessions: message('auth.sessions.list', {
    request: z.strictObject({}),
    reply: page(Session).meta({ id: 'SessionPage' }),
    needs: 'authenticated',
    idempotent: true,
  }),
  endSession: message('auth.sessions.end', {
    request: z.strictObject({ id }),
    reply: nothing,
    needs: 'authenticated',
    status: 204,
  }),
  jwks: message('auth.jwks', {
    request: z.strictObject({}),
    reply: KeySet,
    needs: 'service',
    idempotent: true,
    tenant: null,
  }),
  /** Said by users right after its commit; the event `users.access-changed` says it again, for when auth was away. */
  revoke: message('auth.sessions.revoke', {
    request: z.strictObject({ change: AccessChange }),
    reply: nothing,
    needs: 'system:users',
    status: 204,
    idempotent: true,
    tenant: ['active', 'suspended', 'maintenance'],
  }),
  /** The gateway's question, every second, for all tenants at once: what was revoked after this position? */
  revocations: message('auth.revocations', {
    request: z.strictObject({ after: z.int().nonnegative() }),
    reply: RevocationPage,
    needs: 'service',
    idempotent: true,
    tenant: null,
  }),
};

export const AuthEvents = {
  /** These sessions of one user are over; told so that their access tokens are refused even when auth dies at that moment. */
  sessionsEnded: event('auth.sessions-ended', {
    data: z.strictObject({ sessions: z.array(id) }),
    version: 1,
  }),
};
