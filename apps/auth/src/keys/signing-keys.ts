import { accessToken, type PublicKey } from '@tenantry/contracts';
import { currentPrefix, type MasterKeys, openSecret, rewrapped, sealSecret } from '@tenantry/service-kit';
import type { CentralDatabase, Query } from '../central-database.js';
import { newSigningKey, readSigningKey, writeSigningKey, type SigningKey } from './signing-key.js';

const owner = { owner: 'auth', field: 'signing_key' };
/** Gateways look for keys once a minute, and for one they do not know at once: by then all of them know it. */
export const announcedSeconds = 150;
/** How long tokens of a key are good after the next one signs; an instance may learn late of that. */
const retiredSeconds = accessToken.lifetimeSeconds + 120;

interface Row {
  readonly private_key: string;
  readonly signs_in_ms: number;
}

/** A key and its time, on the clock of `performance.now()`. */
interface TimedKey extends SigningKey {
  readonly signsAt: number;
}

/**
 * The keys that access tokens are signed and checked with: one announced, one that signs, those before it for as long as their tokens live. All
 * instances have them from the central database; while that is away they go on with what they have read.
 */
export class SigningKeys {
  private constructor(
    private readonly central: Pick<CentralDatabase, 'query' | 'transaction'>,
    private readonly masterKeys: MasterKeys,
    /** The newest first. */
    private keys: readonly TimedKey[],
  ) {}

  /**
   * Reads the keys, and makes the first one where there is none. Any number of instances starting at once end with the same.
   * @throws SecretUnreadable when they were sealed under another master key.
   */
  static async open(
    central: Pick<CentralDatabase, 'query' | 'transaction'>,
    masterKeys: MasterKeys,
  ): Promise<SigningKeys> {
    const keys = new SigningKeys(central, masterKeys, []);
    await keys.alone(async (query) => {
      await keys.rewrap(query);
      if ((await keys.readAll(query)).length === 0) await keys.add(query, 0);
    });
    await keys.read();
    return keys;
  }

  /** The one to sign with: the newest whose time has come. */
  get current(): SigningKey {
    const now = performance.now();
    // The first key of all signs from the start, so there is one; where it was announced a moment ago, it is the only one.
    return this.keys.find(({ signsAt }) => signsAt <= now) ?? this.keys.at(-1)!;
  }

  /** Those that tokens may be signed with by now, or soon, or may have been. */
  get published(): PublicKey[] {
    return this.keys.map(({ publicKey }) => publicKey);
  }

  /** Learns what others have changed. */
  async read(): Promise<void> {
    this.keys = await this.readAll(this.central.query);
  }

  /** Announces the next key, unless one is announced already or the newest is younger than `minAgeSeconds`; forgets what nothing is signed with. */
  async rotate(minAgeSeconds = 0): Promise<void> {
    await this.alone(async (query) => {
      const recent = await query(
        'SELECT 1 FROM signing_keys WHERE signs_from > now() - make_interval(secs => $1) OR signs_from > now()',
        [minAgeSeconds],
      );
      if (recent.length === 0) await this.add(query, announcedSeconds);
      await query(
        `DELETE FROM signing_keys AS old WHERE EXISTS (
           SELECT FROM signing_keys AS next WHERE next.signs_from > old.signs_from
           AND next.signs_from < now() - make_interval(secs => $1))`,
        [retiredSeconds],
      );
    });
    await this.read();
  }

  /** After a theft: a new key signs at once, and no token of any other is good any more. */
  async replace(): Promise<void> {
    await this.alone(async (query) => {
      await query('DELETE FROM signing_keys');
      await this.add(query, 0);
    });
    await this.read();
  }

  /** Who comes second waits, and then finds what the first one did. */
  private alone(work: (query: Query) => Promise<void>): Promise<void> {
    return this.central.transaction(async (query) => {
      await query('LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE');
      await work(query);
    });
  }

  private async add(query: Query, signsInSeconds: number): Promise<void> {
    const key = newSigningKey();
    await query(
      `INSERT INTO signing_keys (kid, private_key, signs_from) VALUES ($1, $2, now() + make_interval(secs => $3))`,
      [key.publicKey.kid, await sealSecret(writeSigningKey(key), this.masterKeys, owner), signsInSeconds],
    );
  }

  /** Under a new master key, each start leaves all of them wrapped with that one. */
  private async rewrap(query: Query): Promise<void> {
    const rows = await query<Pick<Row, 'private_key'> & { kid: string }>(
      'SELECT kid, private_key FROM signing_keys WHERE NOT starts_with(private_key, $1)',
      [currentPrefix(this.masterKeys)],
    );
    for (const { kid, private_key: sealed } of rows)
      await query('UPDATE signing_keys SET private_key = $2 WHERE kid = $1', [
        kid,
        await rewrapped(sealed, this.masterKeys, owner),
      ]);
  }

  private async readAll(query: Query): Promise<TimedKey[]> {
    const now = performance.now();
    const rows = await query<Row>(
      `SELECT private_key, (extract(epoch FROM signs_from - now()) * 1000)::float8 AS signs_in_ms
       FROM signing_keys ORDER BY signs_from DESC, kid`,
    );
    return Promise.all(
      rows.map(async ({ private_key, signs_in_ms }) => ({
        ...readSigningKey(await openSecret(private_key, this.masterKeys, owner)),
        signsAt: now + signs_in_ms,
      })),
    );
  }
}
