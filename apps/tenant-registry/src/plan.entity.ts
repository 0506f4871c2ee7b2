import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What tenants on it may use. */
@Entity('plans')
export class Plan {
  @PrimaryColumn('text')
  name!: string;

  @Column('integer', { name: 'requests_per_minute' })
  requestsPerMinute!: number;

  @Column('integer', { name: 'max_connections' })
  maxConnections!: number;
}
