import { isoTime } from '@tenantry/service-kit';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Somebody who runs the platform. The key is kept as its SHA-256 only: at 256 random bits there is nothing to guess. */
@Entity('operators')
export class OperatorRow {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { name: 'key_hash', select: false })
  keyHash!: string;

  @Column('text', { array: true })
  scopes!: string[];

  @Column('timestamptz', { name: 'expires_at', nullable: true, transformer: isoTime })
  expiresAt!: string | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true, transformer: isoTime })
  revokedAt!: string | null;

  @Column('timestamptz', { name: 'created_at', transformer: isoTime })
  createdAt!: string;
}
