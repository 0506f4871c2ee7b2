import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A named set of permissions. */
@Entity('roles')
export class Role {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  @Column('text')
  readonly name!: string;

  @Column('text', { array: true })
  readonly permissions!: string[];
}
