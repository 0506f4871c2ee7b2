import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, JoinTable, ManyToMany, PrimaryGeneratedColumn, type Relation, VirtualColumn } from 'typeorm';
import { Role } from '../roles/role.entity.js';

@Entity('users')
export class User {
  @PrimaryGeneratedColumn('uuid')
  readonly id!: string;

  /** In the one spelling the contract gives it. */
  @Column('text')
  readonly email!: string;

  /** Read only to verify a password; no other query brings it along. */
  @Column('text', { name: 'password_hash', select: false })
  readonly passwordHash!: string;

  @Column('text', { name: 'first_name' })
  readonly firstName!: string;

  @Column('text', { name: 'last_name' })
  readonly lastName!: string;

  @Column('boolean', { default: true })
  readonly active!: boolean;

  /** Grows with every change after which access tokens given before must not hold. */
  @Column('integer', { name: 'security_version', default: 1 })
  readonly securityVersion!: number;

  /** For writing. Reading joins would multiply the rows that a limit counts: see {@link roleNames}. */
  @ManyToMany(() => Role)
  @JoinTable({ name: 'user_roles', joinColumn: { name: 'user_id' }, inverseJoinColumn: { name: 'role_id' } })
  readonly roles!: Relation<Role[]>;

  /** For reading, in the query of the user itself. */
  @VirtualColumn('text', {
    query: (user) =>
      `SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM roles JOIN user_roles ON role_id = id WHERE user_id = ${user}.id`,
  })
  readonly roleNames!: string[];

  /** When they have shown that they read mail at this address. */
  @Column({ type: 'timestamptz', name: 'email_verified_at', nullable: true, transformer: isoTime, select: false })
  readonly emailVerifiedAt?: string | null;

  @Column('integer', { default: 1 })
  readonly version!: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3, default: () => 'now()', transformer: isoTime })
  readonly createdAt!: string;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3, default: () => 'now()', transformer: isoTime })
  readonly updatedAt!: string;
}
