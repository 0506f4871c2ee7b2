import { z } from 'zod';
import { id } from './schemas.js';

/** Services that may state who a caller is, each in keys that only it is asked for. */
export const issuers = ['gateway', 'auth', 'users', 'tenant-registry'] as const;
export type Issuer = (typeof issuers)[number];

/** How long a statement is valid at most, in seconds. */
export const contextLifetimeSeconds = 60;

/** The `typ` of a signed context, so that no other token of ours passes for one. */
export const contextType = 'ctx+jwt';

/** The id of an issuing instance's key: a token that stands in a subject as it is. */
export const contextKeyIdForm = new RegExp(`^(${issuers.join('|')})\\.[0-9a-f]{18}$`);

/** Where the instance that signs with the key is asked for its public half; NATS lets an issuer listen under its own name only. */
export const contextKeySubject = (keyId: string): string => `context-keys.${keyId}`;

/** The answer: an Ed25519 public key (a JWK, RFC 8037). */
export const ContextKey = z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() });
export type ContextKey = z.output<typeof ContextKey>;

/**
 * The signed context: who asks, in which tenant, with which permissions, of which service (a JWT, RFC 7519, EdDSA).
 * `sub` is `user:<id>`, `operator:<id>`, `system:<service>` or `anonymous`.
 */
export const ContextClaims = z.strictObject({
  iss: z.enum(issuers),
  aud: z.string(),
  sub: z.string(),
  tenant: id.nullable(),
  session: z.string().nullable(),
  permissions: z.array(z.string()),
  iat: z.int(),
  exp: z.int(),
});
export type ContextClaims = z.output<typeof ContextClaims>;
