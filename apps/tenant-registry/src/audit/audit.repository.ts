import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type AuditEvent, type Audit, type ParsedRequestOf } from '@tenantry/contracts';
import { CONFIG } from '@tenantry/service-kit';
import { type EntityManager, type Repository, type SelectQueryBuilder } from 'typeorm';
import type { RegistryConfig } from '../config.js';
import { OperatorRow } from '../operators/operator.entity.js';
import { AuditEventRow } from './audit-event.entity.js';

/** Of what an event is told before its time and id are known. */
export type NewAuditEvent = Omit<AuditEventRow, 'id' | 'at'>;
/** What is known of it only at its end. */
export type AuditEnd = Pick<AuditEventRow, 'outcome' | 'tenantId' | 'target'>;
type Search = ParsedRequestOf<typeof Audit.list>;
type Filter = Exclude<keyof Search, 'limit' | 'cursor'>;

/** The columns that may be asked for, each by one filter. */
const conditions: Readonly<Record<Filter, string>> = {
  actor: 'event.actor = :actor',
  action: 'event.action = :action',
  tenant: 'event.tenant_id = :tenant',
  outcome: 'event.outcome = :outcome',
  from: 'event.at >= :from',
  to: 'event.at < :to',
};

const forgetShare = 1 / 50;
const forgottenAtOnce = 500;
/** Ids begin with the time (RFC 9562, 5.7), so that their index finds the oldest. Who is at it already is not waited for. */
const forget = `DELETE FROM audit_events WHERE id IN (
  SELECT id FROM audit_events WHERE id < uuidv7(make_interval(days => -$1::integer))
  ORDER BY id LIMIT ${forgottenAtOnce} FOR UPDATE SKIP LOCKED)`;

/**
 * The record of what operators do. Rows are added and ended, never changed otherwise. What is older than it is kept goes with one addition in many,
 * more at once than was added since the last time.
 */
@Injectable()
export class AuditRepository {
  constructor(
    @InjectRepository(AuditEventRow) private readonly events: Repository<AuditEventRow>,
    @Inject(CONFIG) private readonly config: Pick<RegistryConfig, 'OPERATOR_AUDIT_DAYS'>,
  ) {}

  /** @returns the new row's id. */
  async insert(event: NewAuditEvent): Promise<string> {
    const { identifiers } = await this.events.insert(event);
    if (Math.random() < forgetShare) await this.events.query(forget, [this.config.OPERATOR_AUDIT_DAYS]);
    return String(identifiers[0]?.['id']);
  }

  async end(id: string, end: AuditEnd): Promise<void> {
    await this.events.update(id, end);
  }

  /** Newest first; those older than the event `before` only. */
  async findPage(
    limit: number,
    before: string | undefined,
    search: Search,
    from: EntityManager,
  ): Promise<AuditEvent[]> {
    const query = from
      .withRepository(this.events)
      .createQueryBuilder('event')
      .leftJoin(OperatorRow, 'operator', `event.actor = 'operator:' || operator.id`)
      .addSelect('operator.name', 'actor_name')
      .orderBy('event.id', 'DESC')
      .limit(limit);
    if (before) query.andWhere('event.id < :before', { before });
    return toEvents(await narrowed(query, search).getRawAndEntities<{ actor_name: string | null }>());
  }
}

function narrowed<Row extends object>(query: SelectQueryBuilder<Row>, search: Search): SelectQueryBuilder<Row> {
  for (const [name, condition] of Object.entries(conditions)) {
    const value = search[name as Filter];
    if (value !== undefined) query.andWhere(condition, { [name]: value });
  }
  return query;
}

/** One raw row belongs to each entity: an operator's id joins at most one. */
const toEvents = ({
  entities,
  raw,
}: {
  entities: AuditEventRow[];
  raw: { actor_name: string | null }[];
}): AuditEvent[] => entities.map((event, index) => ({ ...event, actorName: raw[index]?.actor_name ?? null }));
