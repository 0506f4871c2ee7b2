import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Something a tenant sells: what the contract calls a product, and its version, so that a row is an answer. */
@Entity('products')
export class Product {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  @Column('text')
  readonly name!: string;

  @Column('text', { nullable: true })
  readonly description!: string | null;

  /** PostgreSQL's numeric comes as a string, which is how the contract has it. */
  @Column('numeric', { precision: 12, scale: 2 })
  readonly price!: string;

  @Column('integer', { name: 'stock_quantity' })
  readonly stockQuantity!: number;

  @Column('boolean')
  readonly active!: boolean;

  @Column('uuid', { name: 'managed_by', nullable: true })
  readonly managedBy!: string | null;

  /** Grows with each change, whoever makes it (a trigger's work). */
  @Column('integer', { default: 1 })
  readonly version!: number;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()', transformer: isoTime })
  readonly createdAt!: string;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()', transformer: isoTime })
  readonly updatedAt!: string;
}
