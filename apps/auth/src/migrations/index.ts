import type { Migration } from '@tenantry/tenant-schema';
import { signingKeys } from './0001-signing-keys.js';
import { revocations } from './0002-revocations.js';
import { keyRotation } from './0003-key-rotation.js';

/** Those of auth's own central database, in order. */
export const migrations: readonly Migration[] = [signingKeys, revocations, keyRotation];
