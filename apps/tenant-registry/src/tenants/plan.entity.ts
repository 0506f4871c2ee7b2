import { Column, Entity, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../columns.js';

/** What tenants on it may use. */
@Entity('plans')
export class Plan {
  @PrimaryColumn('text')
  name!: string;

  @Column('integer', { name: 'requests_per_minute' })
  requestsPerMinute!: number;

  @Column('integer', { name: 'max_connections' })
  maxConnections!: number;

  @Column('bigint', { name: 'max_database_bytes', transformer: wholeNumber })
  maxDatabaseBytes!: number;

  @Column('integer', { name: 'max_users' })
  maxUsers!: number;
}
