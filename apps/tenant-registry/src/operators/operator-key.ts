import { createHash, randomBytes } from 'node:crypto';
import { operatorKeyPrefix } from '@tenantry/contracts';

/** A key of 256 random bits. */
export const newOperatorKey = (): string => `${operatorKeyPrefix}${randomBytes(32).toString('base64url')}`;

/** What is kept of a key, and asked for: its SHA-256, in hex. */
export const hashOfKey = (key: string): string => createHash('sha256').update(key).digest('hex');
