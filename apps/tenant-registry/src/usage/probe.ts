import { Inject, Injectable } from '@nestjs/common';
import type { TenantHealth } from '@tenantry/contracts';
import { LOG, type Log, SecretUnreadable, ServiceError } from '@tenantry/service-kit';
import pg from 'pg';
import { databasePassword, Secrets } from '../secrets.js';
import type { TenantRow } from '../tenants/tenant.entity.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';

/** Less than the deadline of the question, so that its answer can say that the database is slow. */
const withinMs = 3000;
/** PostgreSQL's classes of errors: authorization, no such database or role (28, 3D). */
const refusals = /^(28|3D)/;

type Problem = TenantHealth['problem'];

const problemOf = (error: unknown): Problem => {
  const { code, message } = error as { code?: string; message?: string };
  if (refusals.test(code ?? '')) return 'refused';
  return /timeout/i.test(message ?? '') ? 'slow' : 'unreachable';
};

/** Knocks at one tenant's database as its services do, when somebody asks; nothing polls. */
@Injectable()
export class Probe {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly secrets: Secrets,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** @throws ServiceError `not-found`, also for a tenant without a database. */
  async probe(id: string): Promise<TenantHealth> {
    const tenant = await this.tenants.get(id);
    if (tenant.sealedPassword === null) throw new ServiceError('not-found', 'This tenant has no database.');
    const password = await this.read(id, tenant.sealedPassword);
    const startedAt = performance.now();
    const problem = password === undefined ? 'unreadable' : await this.knock(tenant, password);
    const latencyMs = problem === null ? Math.round((performance.now() - startedAt) * 10) / 10 : null;
    return { tenantId: id, reachable: problem === null, latencyMs, problem, checkedAt: new Date().toISOString() };
  }

  private async read(id: string, sealed: string): Promise<string | undefined> {
    try {
      return await this.secrets.open(sealed, databasePassword(id));
    } catch (err) {
      if (!(err instanceof SecretUnreadable)) throw err;
      this.log.error({ err, tenantId: id }, 'ALARM: unreadable password');
      return undefined;
    }
  }

  private async knock({ cluster: { host, port }, database, role }: TenantRow, password: string): Promise<Problem> {
    const timeouts = { connectionTimeoutMillis: withinMs, query_timeout: withinMs };
    const client = new pg.Client({ host, port, database, user: role, password, ...timeouts });
    // What happens to the connection afterwards is not asked.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ is_own: boolean }>(
        'SELECT current_database() = $1 AND current_user = $2 AS is_own',
        [database, role],
      );
      return rows[0]?.is_own ? null : 'wrong-database';
    } catch (error) {
      return problemOf(error);
    } finally {
      client.end().catch(() => undefined);
    }
  }
}
