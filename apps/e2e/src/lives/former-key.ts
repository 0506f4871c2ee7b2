import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Stack } from '@tenantry/testing';

interface Row {
  readonly id: string;
  readonly data_key: string | null;
  readonly db_password: string | null;
}

const idOf = (masterKey: Buffer): string =>
  createHash('sha256').update('tenantry master key').update(masterKey).digest('hex').slice(0, 8);

/**
 * A master key that the stack knows as the one before. Wraps with it what the registry has wrapped with the present one, by what
 * docs/architecture.md says of the format: as the registry's tables are on the day when a new master key has come.
 */
export class FormerKey {
  private readonly former = randomBytes(32);

  /** For `MASTER_KEY_PREVIOUS`. */
  get text(): string {
    return this.former.toString('base64');
  }

  /** Wraps the keys of all clusters and tenants so; what somebody changes meanwhile is left. */
  async wrapAll(stack: Stack): Promise<void> {
    const registry = await stack.openDatabase('registry');
    const { rows: clusters } = await registry.query<{ id: string; url: string }>(
      'SELECT id, provisioner_url AS url FROM clusters',
    );
    for (const { id, url } of clusters)
      await registry.query('UPDATE clusters SET provisioner_url = $3 WHERE id = $1 AND provisioner_url = $2', [
        ...[id, url, this.wrap(url, id, stack.masterKey)],
      ]);
    const { rows } = await registry.query<Row>(
      'SELECT id, data_key, db_password FROM tenants WHERE db_password IS NOT NULL',
    );
    for (const { id, data_key: key, db_password: password } of rows)
      await registry.query(
        'UPDATE tenants SET data_key = $4, db_password = $5 WHERE id = $1 AND data_key = $2 AND db_password = $3',
        [id, key, password, this.wrap(key ?? '', id, stack.masterKey), this.wrap(password ?? '', id, stack.masterKey)],
      );
    await registry.end();
  }

  /** How many secrets of the registry need this key. */
  async count(stack: Stack): Promise<number> {
    const registry = await stack.openDatabase('registry');
    const { rows } = await registry.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (
         SELECT provisioner_url FROM clusters UNION ALL SELECT data_key FROM tenants UNION ALL SELECT db_password FROM tenants
       ) AS secrets (sealed) WHERE sealed LIKE $1`,
      [`v2.${idOf(this.former)}.%`],
    );
    await registry.end();
    return rows[0]!.count;
  }

  private wrap(sealed: string, owner: string, present: Buffer): string {
    const [format = '', id, version = '', wrapped = '', ...value] = sealed.split('.');
    if (id !== idOf(present)) return sealed;
    const bound = Buffer.from(JSON.stringify([format, 'key', owner, version]));
    const [bytes, iv] = [Buffer.from(wrapped, 'base64url'), randomBytes(12)];
    const opening = createDecipheriv('aes-256-gcm', present, bytes.subarray(0, 12)).setAAD(bound);
    opening.setAuthTag(bytes.subarray(-16));
    const sealing = createCipheriv('aes-256-gcm', this.former, iv).setAAD(bound);
    const key = Buffer.concat([opening.update(bytes.subarray(12, -16)), opening.final()]);
    const again = Buffer.concat([iv, sealing.update(key), sealing.final(), sealing.getAuthTag()]);
    return [format, idOf(this.former), version, again.toString('base64url'), ...value].join('.');
  }
}
