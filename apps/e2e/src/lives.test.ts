import { afterAll, beforeAll } from '@jest/globals';
import { Stack } from '@tenantry/testing';
import { behind } from './lives/behind.js';
import { FormerKey } from './lives/former-key.js';
import { interruptedBirths } from './lives/interrupted-births.js';
import { interruptedChanges } from './lives/interrupted-changes.js';
import { leftOperations } from './lives/left-operations.js';
import { migratedFleet } from './lives/migrated-fleet.js';
import { newCredentials } from './lives/new-credentials.js';
import { newMasterKey } from './lives/new-master-key.js';
import { states } from './lives/states.js';
import { swappedSecrets } from './lives/swapped-secrets.js';
import { noSecretInLogs } from './stories/no-secret-in-logs.js';

// Two of each that knows of tenants' states, and times that a test can wait for.
let stack: Stack;
const former = new FormerKey();
beforeAll(async () => {
  stack = await Stack.start({
    scale: 'gateway=2,tenant-registry=2',
    env: {
      TENANTRY_LIMITS: 'off',
      LOG_LEVEL: 'debug',
      ARCHIVE_GRACE_SECONDS: '1',
      ROTATION_OVERLAP_SECONDS: '3',
      TENANTRY_RESTART: '1',
      MASTER_KEY_PREVIOUS: former.text,
    },
  });
}, 150_000);
afterAll(() => stack?.stop(), 60_000);

states(() => stack);
behind(() => stack);
newCredentials(() => stack);
newMasterKey(() => stack, former);
swappedSecrets(() => stack);
interruptedBirths(() => stack);
leftOperations(() => stack);
interruptedChanges(() => stack, former);
migratedFleet(() => stack);
noSecretInLogs(() => stack);
