import type { Migration } from '@tenantry/tenant-schema';
import { tenants } from './0001-tenants.js';
import { operators } from './0002-operators.js';
import { clusters } from './0003-clusters.js';
import { audit } from './0004-audit.js';
import { lifecycle } from './0005-lifecycle.js';
import { limits } from './0006-limits.js';
import { credentials } from './0007-credentials.js';
import { requests } from './0008-requests.js';
import { birthsAndRotations } from './0009-births-and-rotations.js';
import { databaseFull } from './0010-database-full.js';
import { clusterVersions } from './0011-cluster-versions.js';
import { outboxByService } from './0012-outbox-by-service.js';
import { migrationRuns } from './0013-migration-runs.js';

/** The central database's migrations, in order. */
export const migrations: readonly Migration[] = [
  tenants,
  operators,
  clusters,
  audit,
  lifecycle,
  limits,
  credentials,
  requests,
  birthsAndRotations,
  databaseFull,
  clusterVersions,
  outboxByService,
  migrationRuns,
];
