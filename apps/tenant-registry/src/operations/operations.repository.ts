import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { currentRequest, ServiceError } from '@tenantry/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { isUniqueViolation } from '../columns.js';
import type { Job } from './long-action.js';

/** What is decided. */
export interface Decision {
  readonly kind: string;
  readonly tenantId: string | null;
  readonly reason?: string | undefined;
  /** Before it is begun; none unless said. */
  readonly delaySeconds?: number;
}

export interface OperationRow extends Job {
  readonly kind: string;
  readonly createdAt: Date;
  readonly dueAt: Date;
  readonly begunAt: Date | null;
  readonly endedAt: Date | null;
  readonly outcome: 'succeeded' | 'failed' | null;
}

const columns = `id AS "operationId", kind, tenant_id AS "tenantId", created_at AS "createdAt", due_at AS "dueAt", begun_at AS "begunAt",
  ended_at AS "endedAt", outcome,
  coalesce(request_id, id::text) AS "requestId"`;

/** Who is recorded as having decided: whoever asks, or the registry itself. */
export const actor = (): string => currentRequest()?.caller.subject ?? 'system:tenant-registry';

/** The table of long actions: decided on, due, ended. How far each is, the workflow engine knows. */
@Injectable()
export class OperationsRepository {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /**
   * Writes it down, as part of the transaction that decides on it; nothing is begun before that is committed.
   * @throws ServiceError `conflict` while another one of the same tenant has not ended.
   */
  async decide(
    manager: EntityManager | undefined,
    { kind, tenantId, reason, delaySeconds = 0 }: Decision,
  ): Promise<OperationRow> {
    try {
      const [row] = await (manager ?? this.database.manager).query<OperationRow[]>(
        `INSERT INTO operations (kind, tenant_id, actor, reason, request_id, due_at)
         VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6)) RETURNING ${columns}`,
        [kind, tenantId, actor(), reason ?? null, currentRequest()?.requestId ?? null, delaySeconds],
      );
      return row!;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new ServiceError('conflict', 'Another operation of the same tenant, or of this kind, has not ended yet.');
    }
  }

  /** @throws ServiceError `not-found` */
  async get(id: string): Promise<OperationRow> {
    const [row] = await this.database.query<OperationRow[]>(`SELECT ${columns} FROM operations WHERE id = $1`, [id]);
    if (!row) throw new ServiceError('not-found', 'There is no such operation.');
    return row;
  }

  /** Those whose time has come, and that nobody has begun in spite of the time there was. */
  due(limit: number): Promise<OperationRow[]> {
    return this.database.query<OperationRow[]>(
      `SELECT ${columns} FROM operations WHERE begun_at IS NULL AND due_at < now() - interval '2 seconds' ORDER BY due_at LIMIT $1`,
      [limit],
    );
  }

  /** Those that were begun a while ago and have not ended. */
  underWay(): Promise<OperationRow[]> {
    return this.database.query<OperationRow[]>(
      `SELECT ${columns} FROM operations WHERE ended_at IS NULL AND begun_at < now() - interval '2 seconds'`,
    );
  }

  async begin(id: string): Promise<void> {
    await this.database.query('UPDATE operations SET begun_at = now() WHERE id = $1 AND begun_at IS NULL', [id]);
  }

  async isUnderWay(id: string): Promise<boolean> {
    const rows = await this.database.query<unknown[]>('SELECT 1 FROM operations WHERE id = $1 AND ended_at IS NULL', [
      id,
    ]);
    return rows.length > 0;
  }

  /** Again changes nothing. */
  async end(id: string, outcome: 'succeeded' | 'failed'): Promise<void> {
    await this.database.query(
      'UPDATE operations SET outcome = $2, ended_at = now() WHERE id = $1 AND ended_at IS NULL',
      [id, outcome],
    );
  }
}
