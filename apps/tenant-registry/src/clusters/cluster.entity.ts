import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A PostgreSQL server that holds tenants' databases. */
@Entity('clusters')
export class Cluster {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  /** Where services find it; the provisioner may come in by another way. */
  @Column('text')
  host!: string;

  @Column('integer')
  port!: number;

  /** As its own setting `max_connections` says. */
  @Column('integer', { name: 'max_connections' })
  maxConnections!: number;

  /** How many of them are nobody's budget: for administrators and the provisioner. */
  @Column('integer')
  reserve!: number;

  @Column('integer', { name: 'max_tenants' })
  maxTenants!: number;

  /** New tenants go to open ones only. */
  @Column('text')
  state!: 'open' | 'draining' | 'closed';

  @Column('jsonb')
  labels!: Readonly<Record<string, string>>;

  /** Sealed (see `Secrets`), and read only by who asks for it by name. */
  @Column('text', { name: 'provisioner_url', nullable: true, select: false })
  sealedProvisioner?: string | null;

  /** Of what operators change. */
  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at', transformer: isoTime })
  createdAt!: string;

  @Column('timestamptz', { name: 'updated_at', transformer: isoTime })
  updatedAt!: string;
}
