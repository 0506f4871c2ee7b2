import { afterAll, beforeAll } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { audit, tenantAudit } from './stories/audit.js';
import { examples } from './stories/examples.js';
import { forgedTokens } from './stories/forged-tokens.js';
import { healthyStart } from './stories/healthy-start.js';
import { hostileRequests } from './stories/hostile-requests.js';
import { idempotencyKeys } from './stories/idempotency-keys.js';
import { manyBirths } from './stories/many-births.js';
import { noSecretInLogs } from './stories/no-secret-in-logs.js';
import { operators } from './stories/operators.js';
import { permissionMatrix } from './stories/permission-matrix.js';
import { publicPages } from './stories/public-pages.js';
import { rateLimits } from './stories/rate-limits.js';
import { stockAndLists } from './stories/stock-and-lists.js';
import { tenantSettings } from './stories/tenant-settings.js';
import { twoTenants } from './stories/two-tenants.js';
import { versions } from './stories/versions.js';

// One stack for all stories that leave it as it was. It lets pages in, since that must change no answer to anybody else.
let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ env: { CORS_ORIGINS: 'https://app.example', DATABASE_SIZE_SECONDS: '1' } });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

healthyStart(() => stack);
twoTenants(() => stack);
versions(() => stack);
idempotencyKeys(() => stack);
stockAndLists(() => stack);
hostileRequests(() => stack);
forgedTokens(() => stack);
operators(() => stack);
audit(() => stack);
tenantAudit(() => stack);
tenantSettings(() => stack);
permissionMatrix(() => stack);
publicPages(() => stack);
examples(() => stack);
manyBirths(() => stack);
rateLimits(() => stack);
noSecretInLogs(() => stack);
