import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A PostgreSQL server that holds tenants' databases. */
@Entity('clusters')
export class Cluster {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  host!: string;

  @Column('integer')
  port!: number;

  @Column('text')
  state!: 'open' | 'draining' | 'closed';
}
