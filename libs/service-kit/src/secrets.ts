import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** What a sealed secret belongs to. It is authenticated with it, so that a secret copied to another owner does not open. */
export interface SecretOwner {
  /** The tenant's id, or the name of a service for its own secrets. */
  readonly owner: string;
  /** What the secret is, such as `db_password`. */
  readonly field: string;
}

/** What data keys are wrapped with: the first seals, every one of them opens. */
export type MasterKeys = Buffer | readonly [Buffer, ...Buffer[]];

const format = 'v2';
/** Without the ids of its keys, and with a data key of each secret's own: read, not written any more. */
const formerFormat = 'v1';
const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** Raised when a sealed secret does not open: another owner, another master key, or edited. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

const ringOf = (masterKeys: MasterKeys): readonly [Buffer, ...Buffer[]] =>
  Buffer.isBuffer(masterKeys) ? [masterKeys] : masterKeys;

/** Tells master keys apart and nothing else: 32 bits of a hash of 256 random ones. */
const idOf = (masterKey: Buffer): string =>
  createHash('sha256').update('tenantry master key').update(masterKey).digest('hex').slice(0, 8);

// As JSON, so that no name can run into the next.
const bound = (...parts: string[]): string => JSON.stringify(parts);

const encrypt = (key: Buffer, plain: Buffer, boundTo: string): string => {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(boundTo));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url');
};

const decrypt = (key: Buffer, text: string, boundTo: string): Buffer => {
  const sealed = Buffer.from(text, 'base64url');
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(boundTo))
    .setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()]);
};

const wrap = ([masterKey]: readonly [Buffer, ...Buffer[]], key: Buffer, owner: string, version: string): string =>
  [format, idOf(masterKey), version, encrypt(masterKey, key, bound(format, 'key', owner, version))].join('.');

interface Opened {
  readonly key: Buffer;
  readonly version: string;
  /** Empty where there is a key and nothing sealed with it. */
  readonly value: string;
}

function unwrap(text: string, masterKeys: MasterKeys, owner: string): Opened {
  const [seenFormat, id, version = '', wrapped, value = ''] = text.split('.');
  if (seenFormat !== format || !id || !wrapped) throw new TypeError('not of a known format');
  const masterKey = ringOf(masterKeys).find((one) => idOf(one) === id);
  if (!masterKey) throw new TypeError('wrapped with a master key that is not here');
  return { key: decrypt(masterKey, wrapped, bound(format, 'key', owner, version)), version, value };
}

const orUnreadable = <Result>({ owner, field }: SecretOwner, work: () => Result): Result => {
  try {
    return work();
  } catch (cause) {
    throw new SecretUnreadable(`${field} of ${owner} does not open`, { cause });
  }
};

/**
 * A new data key of an owner's, wrapped with the first master key: `v2.<master key id>.<version>.<wrapped key>`.
 * @param version tells the owner's keys apart: 1, 2, 3 ...
 */
export const newDataKey = (masterKeys: MasterKeys, owner: string, version = 1): string =>
  wrap(ringOf(masterKeys), randomBytes(keyBytes), owner, String(version));

/**
 * Seals a secret in an envelope: AES-256-GCM under the owner's data key, that key under a master key (NIST SP 800-38D). The form is
 * `<data key>.<ciphertext>`, so that whoever has a master key needs nothing else; parts in base64url of iv, ciphertext and tag.
 * @param dataKey made by {@link newDataKey} for this owner, or any secret sealed with it; a new one unless given.
 * @throws SecretUnreadable when the data key does not open.
 */
export function sealSecret(
  plain: string,
  masterKeys: MasterKeys,
  owner: SecretOwner,
  dataKey = newDataKey(masterKeys, owner.owner),
): string {
  const { key, version } = orUnreadable(owner, () => unwrap(dataKey, masterKeys, owner.owner));
  const value = encrypt(key, Buffer.from(plain), bound(format, 'value', owner.owner, owner.field, version));
  return `${dataKeyOf(dataKey)}.${value}`;
}

/**
 * Opens what {@link sealSecret} sealed, with whichever of the master keys it was.
 * @throws SecretUnreadable
 */
export const openSecret = (sealed: string, masterKeys: MasterKeys, owner: SecretOwner): string =>
  orUnreadable(owner, () => {
    if (sealed.startsWith(`${formerFormat}.`)) return openFormer(sealed, masterKeys, owner);
    const { key, version, value } = unwrap(sealed, masterKeys, owner.owner);
    return decrypt(key, value, bound(format, 'value', owner.owner, owner.field, version)).toString();
  });

/** The wrapped data key in a sealed secret, without what it seals. */
export const dataKeyOf = (sealed: string): string => sealed.split('.').slice(0, 4).join('.');

/** The version of an owner's data key. */
export const dataKeyVersion = (sealed: string): number => Number(sealed.split('.')[2]);

/** What everything begins with that is wrapped with the first of the master keys. */
export const currentPrefix = (masterKeys: MasterKeys): string => `${format}.${idOf(ringOf(masterKeys)[0])}.`;

/**
 * The same data key, or the same secret, wrapped with the first master key: what is sealed is not touched.
 * @throws SecretUnreadable
 */
export const rewrapped = (sealed: string, masterKeys: MasterKeys, owner: SecretOwner): string =>
  orUnreadable(owner, () => {
    if (sealed.startsWith(`${formerFormat}.`))
      return sealSecret(openFormer(sealed, masterKeys, owner), masterKeys, owner);
    const { key, version, value } = unwrap(sealed, masterKeys, owner.owner);
    const dataKey = wrap(ringOf(masterKeys), key, owner.owner, version);
    return value ? `${dataKey}.${value}` : dataKey;
  });

function openFormer(sealed: string, masterKeys: MasterKeys, { owner, field }: SecretOwner): string {
  const [, wrapped = '', value = ''] = sealed.split('.');
  for (const masterKey of ringOf(masterKeys)) {
    try {
      const key = decrypt(masterKey, wrapped, bound(formerFormat, 'key', owner, field));
      return decrypt(key, value, bound(formerFormat, 'value', owner, field)).toString();
    } catch {
      // Another of the keys, or none.
    }
  }
  throw new TypeError('opens with none of the master keys');
}
