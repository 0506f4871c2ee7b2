import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What an operator did, or tried to. */
@Entity('audit_events')
export class AuditEventRow {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ type: 'timestamptz', insert: false, update: false, transformer: isoTime })
  at!: string;

  @Column('text')
  actor!: string;

  @Column('text')
  action!: string;

  @Column('uuid', { name: 'tenant_id', nullable: true })
  tenantId!: string | null;

  @Column('uuid', { nullable: true })
  target!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('text', { name: 'request_id' })
  requestId!: string;

  @Column('text', { nullable: true })
  address!: string | null;

  @Column('text')
  outcome!: string;
}
