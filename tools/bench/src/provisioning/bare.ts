import { randomBytes, randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { ensureTenantDatabase, ensureTenantRole } from '@tenantry/tenant-schema';
import pg from 'pg';
import { serveParent, setting } from '../harness/parent.ts';
import { inLanes, type Wish } from './lanes.ts';

// The bare limit: the statements that make a tenant's role and database, and the hash of its first password. Nothing is written down.
const connections = 8;
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const provisioner = new pg.Pool({ connectionString: setting('PROVISIONER_URL'), max: connections });

async function make(): Promise<void> {
  const name = `b_${randomUUID().replaceAll('-', '')}`;
  const session = await provisioner.connect();
  try {
    await ensureTenantRole(session, name, randomBytes(32).toString('base64url'));
    await ensureTenantDatabase(session, name, name);
  } finally {
    session.release();
  }
  await hash('correct horse battery staple', cost);
}

serveParent((wish: Wish) => inLanes(make, wish));
