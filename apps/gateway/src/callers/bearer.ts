import type { IncomingHttpHeaders } from 'node:http';

const bearer = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** The token or key that a request bears (RFC 6750, 2.1), or undefined; in another scheme or form it counts as none. */
export const bearerOf = ({ authorization }: IncomingHttpHeaders): string | undefined =>
  bearer.exec(authorization ?? '')?.[1];
