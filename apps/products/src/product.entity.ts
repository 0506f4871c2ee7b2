import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Something a tenant sells: exactly what the contract calls a product, so that a row is a reply. */
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

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()', transformer: isoTime })
  readonly createdAt!: string;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()', transformer: isoTime })
  readonly updatedAt!: string;
}
