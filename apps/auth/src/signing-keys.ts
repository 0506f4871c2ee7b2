import type { PublicKey } from '@tenantry/contracts';
import { openSecret, sealSecret } from '@tenantry/service-kit';
import pg from 'pg';
import { newSigningKey, readSigningKey, writeSigningKey, type SigningKey } from './signing-key.js';

const owner = { owner: 'auth', field: 'signing_key' };
const connectTimeoutMs = 5000;

interface Row {
  readonly private_key: string;
}

/**
 * The keys that access tokens are signed and checked with. Read once, at the start: from then on the central database may be away.
 */
export class SigningKeys {
  /** @param keys at least one, the newest first. */
  constructor(private readonly keys: readonly [SigningKey, ...SigningKey[]]) {}

  /**
   * Reads the keys, and makes the first one where there is none. Any number of instances starting at once end with the same.
   * @throws SecretUnreadable when they were sealed under another master key.
   */
  static async open(databaseUrl: string, masterKey: Buffer): Promise<SigningKeys> {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: connectTimeoutMs });
    await client.connect();
    try {
      await client.query('BEGIN');
      // Who comes second waits here, and then finds the first one's key.
      await client.query('LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE');
      const [newest, ...older] = await readKeys(client, masterKey);
      const keys = new SigningKeys([newest ?? (await addKey(client, masterKey)), ...older]);
      await client.query('COMMIT');
      return keys;
    } finally {
      await client.end();
    }
  }

  /** The one to sign with. */
  get current(): SigningKey {
    return this.keys[0];
  }

  /** Those that tokens still in use may have been signed with. */
  get published(): PublicKey[] {
    return this.keys.map(({ publicKey }) => publicKey);
  }
}

async function readKeys(client: pg.Client, masterKey: Buffer): Promise<SigningKey[]> {
  const { rows } = await client.query<Row>('SELECT private_key FROM signing_keys ORDER BY created_at DESC, kid');
  return rows.map((row) => readSigningKey(openSecret(row.private_key, masterKey, owner)));
}

async function addKey(client: pg.Client, masterKey: Buffer): Promise<SigningKey> {
  const key = newSigningKey();
  const sealed = sealSecret(writeSigningKey(key), masterKey, owner);
  await client.query('INSERT INTO signing_keys (kid, private_key) VALUES ($1, $2)', [key.publicKey.kid, sealed]);
  return key;
}
