import type { FirstAdmin, PoolOptions, TenantLimits, TenantState } from '@tenantry/contracts';
import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Cluster } from '../clusters/cluster.entity.js';
import { wholeNumber } from '../columns.js';
import { Plan } from './plan.entity.js';

/** A tenant's first admin as it is kept until it is made. */
export type SealedAdmin = Omit<FirstAdmin, 'password'> & { readonly sealedPassword: string };

/** A customer: where its database is, how to get in, and in which state of its life it is. */
@Entity('tenants')
export class TenantRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  slug!: string;

  @Column('text')
  name!: string;

  @Column('text')
  state!: TenantState;

  @Column('text', { name: 'state_reason', nullable: true })
  stateReason!: string | null;

  @ManyToOne(() => Plan, { eager: true })
  @JoinColumn({ name: 'plan' })
  plan!: Relation<Plan>;

  @ManyToOne(() => Cluster, { eager: true })
  @JoinColumn({ name: 'cluster_id' })
  cluster!: Relation<Cluster>;

  @Column('text', { name: 'db_name' })
  database!: string;

  @Column('text', { name: 'db_user' })
  role!: string;

  /** Sealed (see `sealSecret`), or null where there is no role that has it. */
  @Column('text', { name: 'db_password', nullable: true })
  sealedPassword!: string | null;

  /** The tenant's own key, wrapped (see `newDataKey`); null in tenants older than such keys. */
  @Column('text', { name: 'data_key', nullable: true, select: false })
  dataKey?: string | null;

  /** Until that admin is made: the password sealed; read only by who asks for it by name. */
  @Column('jsonb', { name: 'first_admin', nullable: true, select: false })
  firstAdmin?: SealedAdmin | null;

  @Column('integer', { name: 'schema_version' })
  schemaVersion!: number;

  @Column('bigint', { transformer: wholeNumber })
  generation!: number;

  /** What was agreed for this tenant alone, in place of its plan's. */
  @Column('jsonb')
  limits!: Partial<TenantLimits>;

  @Column('jsonb', { name: 'pool_options' })
  poolOptions!: PoolOptions;

  @Column('boolean', { name: 'sign_up' })
  signUp!: boolean;

  /** See `SizeBounds`. */
  @Column('boolean', { name: 'database_full' })
  databaseFull!: boolean;

  @Column('timestamptz', { name: 'created_at', transformer: isoTime })
  createdAt!: string;

  @Column('timestamptz', { name: 'updated_at', transformer: isoTime })
  updatedAt!: string;
}
