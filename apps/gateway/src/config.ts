import { port, wholeNumber } from '@tenantry/service-kit';
import { z } from 'zod';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** As browsers send it (RFC 6454, 6.2): `null`, a path or a trailing slash could never match, or match too much. */
const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** What the gateway reads besides the settings of every process. */
export const GatewayConfig = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: port.default(3000),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }),
  /** `api.example.com` makes `acme.api.example.com` the tenant acme; without it tenants are named by X-Tenant before login. */
  BASE_DOMAIN: z.string().toLowerCase().optional(),
  /** Origins that browsers may call from, exactly; none unless said. */
  CORS_ORIGINS: list
    .pipe(z.array(z.string().refine(isOrigin, 'must be http(s) origins, such as https://app.example.com')))
    .default([]),
  /** PEM files: the gateway then speaks TLS itself. */
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  /** `on` offers HTTP/2 beside HTTP/1.1, within TLS. */
  HTTP2: z.enum(['on', 'off']).default('off'),
  /** Addresses or networks whose X-Forwarded-For is believed; none unless said. */
  TRUSTED_PROXIES: list.default([]),
  /** Told to leave (SIGTERM), it is not ready at once, but takes requests for so long: load balancers have to see it first. */
  SHUTDOWN_DELAY_SECONDS: wholeNumber(0, 8).default(2),
  /** `off` lifts rate limits, for load tests. */
  TENANTRY_LIMITS: z.enum(['on', 'off']).default('on'),
  /** Requests a minute from one address, before anybody knows who asks. */
  ADDRESS_REQUESTS_PER_MINUTE: wholeNumber(1, 10_000_000).default(6000),
});
export type GatewayConfig = z.output<typeof GatewayConfig>;

/** Rate limits belong to production: there they cannot be lifted. */
export function refuseUnlimitedProduction({ TENANTRY_LIMITS, NODE_ENV }: GatewayConfig & { NODE_ENV: string }): void {
  if (TENANTRY_LIMITS === 'off' && NODE_ENV === 'production') {
    throw new Error('TENANTRY_LIMITS: must not be off where NODE_ENV is production');
  }
}
