import type { Migration } from '../migration.js';
import { peopleAndProducts } from './0001-people-and-products.js';
import { sessions } from './0002-sessions.js';
import { roleSet } from './0003-role-set.js';
import { versions } from './0004-versions.js';
import { idempotencyKeys } from './0005-idempotency-keys.js';
import { audit } from './0006-audit.js';
import { productLists } from './0007-product-lists.js';
import { mailTokens } from './0008-mail-tokens.js';
import { userLists } from './0009-user-lists.js';
import { outboxByService } from './0010-outbox-by-service.js';
import { auditIsKept } from './0011-audit-is-kept.js';

/** All of them, in order: version n stands at index n - 1. */
export const migrations: readonly Migration[] = [
  peopleAndProducts,
  sessions,
  roleSet,
  versions,
  idempotencyKeys,
  audit,
  productLists,
  mailTokens,
  userLists,
  outboxByService,
  auditIsKept,
];

/** The version a tenant database has after the newest of them. */
export const schemaVersion = migrations.length;
