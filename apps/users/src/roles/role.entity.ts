import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A named set of permissions. */
@Entity('roles')
export class Role {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  @Column('text')
  readonly name!: string;

  @Column('text')
  readonly description!: string;

  @Column('text', { array: true })
  readonly permissions!: string[];

  /** The same in every tenant, and never changed. */
  @Column('boolean', { name: 'built_in', default: false })
  readonly builtIn!: boolean;

  @Column('integer', { default: 1 })
  readonly version!: number;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3, default: () => 'now()' })
  readonly updatedAt!: Date;
}
