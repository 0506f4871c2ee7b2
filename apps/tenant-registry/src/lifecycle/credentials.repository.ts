import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ServiceError } from '@tenantry/service-kit';
import { DataSource } from 'typeorm';
import type { TenantJob } from '../operations/long-action.js';
import type { TenantRow } from '../tenants/tenant.entity.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';

/** How to get into a tenant's database: now, soon, and until a moment ago. Passwords are sealed. */
export interface Credentials {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly role: string;
  readonly dataKey: string | null;
  readonly nextRole: string | null;
  readonly nextPassword: string | null;
  readonly oldRole: string | null;
}

export interface NextCredentials {
  readonly role: string;
  readonly sealedPassword: string;
}

/** Of the operation $1, which can then not end before the statement has. */
const whileUnderWay = 'WITH under_way AS (SELECT 1 FROM operations WHERE id = $1 AND ended_at IS NULL FOR SHARE)';

/**
 * The part of the tenants table that changes while credentials are.
 *
 * Invariant: it changes only while the operation is under way whose step asks for it. A process that stood still in a step, and wakes up when
 * another one has finished for it, would otherwise touch the credentials of the next rotation, or of nobody's.
 */
@Injectable()
export class CredentialsRepository {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly tenants: TenantsRepository,
  ) {}

  /** @throws ServiceError `not-found` */
  async get(tenantId: string): Promise<Credentials> {
    const [row] = await this.database.query<Credentials[]>(
      `SELECT c.host, c.port, t.db_name AS database, t.db_user AS role, t.data_key AS "dataKey",
         t.next_db_user AS "nextRole", t.next_db_password AS "nextPassword", t.old_db_user AS "oldRole"
       FROM tenants t JOIN clusters c ON c.id = t.cluster_id WHERE t.id = $1`,
      [tenantId],
    );
    if (!row) throw new ServiceError('not-found', 'There is no such tenant.');
    return row;
  }

  /** Unless the role in use is another one than was read, or the next one is there. */
  async prepare({ operationId, tenantId }: TenantJob, inUse: string, next: NextCredentials): Promise<void> {
    await this.database.query(
      `${whileUnderWay}
       UPDATE tenants SET next_db_user = $4, next_db_password = $5
       WHERE id = $2 AND EXISTS (SELECT 1 FROM under_way) AND db_user = $3 AND next_db_user IS NULL`,
      [operationId, tenantId, inUse, next.role, next.sealedPassword],
    );
  }

  /** The next credentials are the present ones, in one statement. Again changes nothing. */
  async switchOver({ operationId, tenantId }: TenantJob): Promise<TenantRow> {
    await this.database.query(
      `${whileUnderWay}
       UPDATE tenants SET old_db_user = db_user, db_user = next_db_user, db_password = next_db_password,
         -- The tenant's key is the one that its password is sealed with: the first four parts (see sealSecret).
         data_key = array_to_string((string_to_array(next_db_password, '.'))[1:4], '.'),
         next_db_user = NULL, next_db_password = NULL
       WHERE id = $2 AND EXISTS (SELECT 1 FROM under_way) AND next_db_user IS NOT NULL`,
      [operationId, tenantId],
    );
    return this.tenants.get(tenantId);
  }

  async forgetOld({ operationId, tenantId }: TenantJob): Promise<void> {
    await this.database.query(
      `${whileUnderWay} UPDATE tenants SET old_db_user = NULL WHERE id = $2 AND EXISTS (SELECT 1 FROM under_way)`,
      [operationId, tenantId],
    );
  }

  async forgetNext({ operationId, tenantId }: TenantJob): Promise<void> {
    await this.database.query(
      `${whileUnderWay} UPDATE tenants SET next_db_user = NULL, next_db_password = NULL
       WHERE id = $2 AND EXISTS (SELECT 1 FROM under_way)`,
      [operationId, tenantId],
    );
  }
}
