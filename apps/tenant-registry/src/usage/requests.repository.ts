import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ParsedRequestOf, TenantUsage, Usage } from '@tenantry/contracts';
import { DataSource } from 'typeorm';

type Counts = ParsedRequestOf<typeof Usage.count>['counts'];

/** For a year of bills and some time to dispute the last one. */
const keptDays = 400;

/** How many requests came of each tenant, by days. */
@Injectable()
export class RequestsRepository {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Adds to today's, and removes what is too old of the same tenants. In the order of ids, so that two gateways never wait for each other. */
  async add(counts: Counts): Promise<void> {
    const ids = counts.map(({ tenantId }) => tenantId);
    await this.database.query(
      `WITH old AS (
         DELETE FROM tenant_requests WHERE tenant_id = ANY ($1::uuid[]) AND day < (now() AT TIME ZONE 'UTC')::date - ${keptDays}
       )
       INSERT INTO tenant_requests AS kept (tenant_id, day, requests)
       SELECT id, (now() AT TIME ZONE 'UTC')::date, sum(requests) FROM unnest($1::uuid[], $2::bigint[]) AS told (id, requests)
       GROUP BY id ORDER BY id
       ON CONFLICT (tenant_id, day) DO UPDATE SET requests = kept.requests + excluded.requests`,
      [ids, counts.map(({ requests }) => requests)],
    );
  }

  async of(tenantId: string): Promise<TenantUsage['requests']> {
    const [row] = await this.database.query<{ today: string; month: string }[]>(
      `SELECT coalesce(sum(requests) FILTER (WHERE day = today), 0) AS today, coalesce(sum(requests), 0) AS month
       FROM tenant_requests, (SELECT (now() AT TIME ZONE 'UTC')::date) AS utc (today)
       WHERE tenant_id = $1 AND day > today - 30`,
      [tenantId],
    );
    return { today: Number(row!.today), last30Days: Number(row!.month) };
  }
}
