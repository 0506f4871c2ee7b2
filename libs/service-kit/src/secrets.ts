import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** What a sealed secret belongs to. It is authenticated with it, so that a secret copied to another owner does not open. */
export interface SecretOwner {
  /** The tenant's id, or the name of a service for its own secrets. */
  readonly owner: string;
  /** What the secret is, such as `db_password`. */
  readonly field: string;
}

/**
 * Wraps data keys and opens them again, with a key that it alone has: of this process ({@link localWrapper}), or of a key management service.
 *
 * Secrets are opened where they are used (a password for each connect), and nothing here holds a key for longer than that: one that is far away
 * should keep what it has unwrapped for a while, so many at most, or each connect waits for it; and give up by itself after a second or two. That is
 * the trade: fewer calls, and keys in memory.
 */
export interface KeyWrapper {
  /** Tells its key apart from all others, in what it has wrapped: letters, digits, `_` and `-`. */
  readonly id: string;
  /** @returns letters, digits, `_` and `-`; opens for the same `boundTo` alone. */
  wrap(dataKey: Buffer, boundTo: string): Promise<string>;
  /** Rejects what it did not wrap, or for something else. */
  unwrap(wrapped: string, boundTo: string): Promise<Buffer>;
}

/** 32 bytes that data keys are wrapped with here, or who does that elsewhere. */
type MasterKey = Buffer | KeyWrapper;

/** What data keys are wrapped with: the first seals, every one of them opens. */
export type MasterKeys = MasterKey | readonly [MasterKey, ...MasterKey[]];

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

/** A master key in the memory of this process. Its id tells it apart and nothing else: 32 bits of a hash of 256 random ones. */
export const localWrapper = (masterKey: Buffer): KeyWrapper => ({
  id: createHash('sha256').update('tenantry master key').update(masterKey).digest('hex').slice(0, 8),
  wrap: async (dataKey, boundTo) => encrypt(masterKey, dataKey, boundTo),
  unwrap: async (wrapped, boundTo) => decrypt(masterKey, wrapped, boundTo),
});

const wrapperOf = (masterKey: MasterKey): KeyWrapper =>
  Buffer.isBuffer(masterKey) ? localWrapper(masterKey) : masterKey;

function ringOf(masterKeys: MasterKeys): [KeyWrapper, ...KeyWrapper[]] {
  const [first, ...others] = Array.isArray(masterKeys)
    ? (masterKeys as readonly [MasterKey, ...MasterKey[]])
    : [masterKeys as MasterKey];
  return [wrapperOf(first), ...others.map(wrapperOf)];
}

async function wrap(
  [wrapper]: [KeyWrapper, ...KeyWrapper[]],
  key: Buffer,
  owner: string,
  version: string,
): Promise<string> {
  const wrapped = await wrapper.wrap(key, bound(format, 'key', owner, version));
  return [format, wrapper.id, version, wrapped].join('.');
}

interface Opened {
  readonly key: Buffer;
  readonly version: string;
  /** Empty where there is a key and nothing sealed with it. */
  readonly value: string;
}

async function unwrap(text: string, masterKeys: MasterKeys, owner: string): Promise<Opened> {
  const [seenFormat, id, version = '', wrapped, value = ''] = text.split('.');
  if (seenFormat !== format || !id || !wrapped) throw new TypeError('not of a known format');
  const wrapper = ringOf(masterKeys).find((one) => one.id === id);
  if (!wrapper) throw new TypeError('wrapped with a master key that is not here');
  return { key: await wrapper.unwrap(wrapped, bound(format, 'key', owner, version)), version, value };
}

const orUnreadable = async <Result>({ owner, field }: SecretOwner, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (cause) {
    throw new SecretUnreadable(`${field} of ${owner} does not open`, { cause });
  }
};

/**
 * A new data key of an owner's, wrapped with the first master key: `v2.<master key id>.<version>.<wrapped key>`.
 * @param version tells the owner's keys apart: 1, 2, 3 ...
 */
export const newDataKey = (masterKeys: MasterKeys, owner: string, version = 1): Promise<string> =>
  wrap(ringOf(masterKeys), randomBytes(keyBytes), owner, String(version));

/**
 * Seals a secret in an envelope: AES-256-GCM under the owner's data key, that key under a master key (NIST SP 800-38D). The form is
 * `<data key>.<ciphertext>`, so that whoever has a master key needs nothing else; parts in base64url of iv, ciphertext and tag.
 * @param dataKey made by {@link newDataKey} for this owner, or any secret sealed with it; a new one unless given.
 * @throws SecretUnreadable when the data key does not open.
 */
export async function sealSecret(
  plain: string,
  masterKeys: MasterKeys,
  owner: SecretOwner,
  dataKey?: string,
): Promise<string> {
  const sealing = dataKey ?? (await newDataKey(masterKeys, owner.owner));
  const { key, version } = await orUnreadable(owner, () => unwrap(sealing, masterKeys, owner.owner));
  const value = encrypt(key, Buffer.from(plain), bound(format, 'value', owner.owner, owner.field, version));
  return `${dataKeyOf(sealing)}.${value}`;
}

/**
 * Opens what {@link sealSecret} sealed, with whichever of the master keys it was.
 * @throws SecretUnreadable
 */
export const openSecret = (sealed: string, masterKeys: MasterKeys, owner: SecretOwner): Promise<string> =>
  orUnreadable(owner, async () => {
    if (sealed.startsWith(`${formerFormat}.`)) return openFormer(sealed, masterKeys, owner);
    const { key, version, value } = await unwrap(sealed, masterKeys, owner.owner);
    return decrypt(key, value, bound(format, 'value', owner.owner, owner.field, version)).toString();
  });

/** The wrapped data key in a sealed secret, without what it seals. */
export const dataKeyOf = (sealed: string): string => sealed.split('.').slice(0, 4).join('.');

/** The version of an owner's data key. */
export const dataKeyVersion = (sealed: string): number => Number(sealed.split('.')[2]);

/** What everything begins with that is wrapped with the first of the master keys. */
export const currentPrefix = (masterKeys: MasterKeys): string => `${format}.${ringOf(masterKeys)[0].id}.`;

/**
 * The same data key, or the same secret, wrapped with the first master key: what is sealed is not touched.
 * @throws SecretUnreadable
 */
export const rewrapped = (sealed: string, masterKeys: MasterKeys, owner: SecretOwner): Promise<string> =>
  orUnreadable(owner, async () => {
    if (sealed.startsWith(`${formerFormat}.`))
      return sealSecret(await openFormer(sealed, masterKeys, owner), masterKeys, owner);
    const { key, version, value } = await unwrap(sealed, masterKeys, owner.owner);
    const dataKey = await wrap(ringOf(masterKeys), key, owner.owner, version);
    return value ? `${dataKey}.${value}` : dataKey;
  });

async function openFormer(sealed: string, masterKeys: MasterKeys, { owner, field }: SecretOwner): Promise<string> {
  const [, wrapped = '', value = ''] = sealed.split('.');
  for (const wrapper of ringOf(masterKeys)) {
    try {
      const key = await wrapper.unwrap(wrapped, bound(formerFormat, 'key', owner, field));
      return decrypt(key, value, bound(formerFormat, 'value', owner, field)).toString();
    } catch {
      // Another of the keys, or none.
    }
  }
  throw new TypeError('opens with none of the master keys');
}
