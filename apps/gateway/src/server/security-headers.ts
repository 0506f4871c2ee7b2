import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/** Nothing that the API answers may be shown in a frame, run or sniffed. */
const protect = helmet({
  contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, useDefaults: false },
  frameguard: { action: 'deny' },
});

function ask(): Readonly<Record<string, string>> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  protect(request, response, () => undefined);
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}

/**
 * What every answer has, as helmet says it: asked once, since it is the same for all, and since answers to what cannot even be routed meet
 * no middleware.
 */
export const standingHeaders: Readonly<Record<string, string>> = Object.freeze({
  ...ask(),
  'cache-control': 'no-store',
  vary: 'Authorization, X-Tenant, Origin',
});
