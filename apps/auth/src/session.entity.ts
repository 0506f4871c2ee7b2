import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One login of one person, in the tenant's database. The other columns are written by the database itself. */
@Entity('sessions')
export class Session {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  @Column('uuid', { name: 'user_id' })
  readonly userId!: string;
}
