import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody who runs the platform. The key is kept as its SHA-256 only: at 256 random bits there is nothing to guess. */
@Entity('operators')
export class Operator {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { name: 'key_hash' })
  keyHash!: string;

  @Column('text', { array: true })
  scopes!: string[];

  @Column('timestamptz', { name: 'expires_at', nullable: true, transformer: isoTime })
  expiresAt!: string | null;
}
