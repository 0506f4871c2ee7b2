import { z } from 'zod';
import { id } from './schemas.js';

/** Services that may state who a caller is, each in keys only it can publish. */
export const issuers = ['gateway', 'auth', 'users', 'tenant-registry'] as const;
export type Issuer = (typeof issuers)[number];

/** How long a statement is valid at most, in seconds. */
export const contextLifetimeSeconds = 60;

/** The `typ` of a signed context, so that no other token of ours passes for one. */
export const contextType = 'ctx+jwt';

/** The NATS key-value bucket with the issuers' public keys; keys are `<issuer>.<instance>`. */
export const contextKeyBucket = 'context-keys';

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
