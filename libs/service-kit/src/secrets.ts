import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** What a sealed secret belongs to. It is authenticated with it, so that a secret copied to another owner does not open. */
export interface SecretOwner {
  /** The tenant's id, or the name of a service for its own secrets. */
  readonly owner: string;
  /** What the secret is, such as `db_password`. */
  readonly field: string;
}

const format = 'v1';
const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** Raised when a sealed secret does not open: another owner, another master key, or edited. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
}

const encrypt = (key: Buffer, plain: Buffer, bound: string): Buffer => {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(bound));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

const decrypt = (key: Buffer, sealed: Buffer, bound: string): Buffer => {
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(bound))
    .setAuthTag(sealed.subarray(-tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()]);
};

const boundTo = (owner: SecretOwner, part: 'key' | 'value'): string =>
  // As JSON, so that no name can run into the next.
  JSON.stringify([format, part, owner.owner, owner.field]);

/**
 * Seals a secret in an envelope: AES-256-GCM under a key of its own, that key under the master key (NIST SP 800-38D).
 * The form is `v1.<wrapped key>.<ciphertext>`, each base64url of iv, ciphertext and tag.
 */
export function sealSecret(plain: string, masterKey: Buffer, owner: SecretOwner): string {
  const key = randomBytes(keyBytes);
  const wrapped = encrypt(masterKey, key, boundTo(owner, 'key'));
  return [
    format,
    wrapped.toString('base64url'),
    encrypt(key, Buffer.from(plain), boundTo(owner, 'value')).toString('base64url'),
  ].join('.');
}

/**
 * Opens what {@link sealSecret} sealed.
 * @throws SecretUnreadable
 */
export function openSecret(sealed: string, masterKey: Buffer, owner: SecretOwner): string {
  const [version, wrapped, value] = sealed.split('.');
  if (version !== format || !wrapped || !value) {
    throw new SecretUnreadable(`${owner.field} of ${owner.owner} is not a sealed secret of a known format`);
  }
  try {
    const key = decrypt(masterKey, Buffer.from(wrapped, 'base64url'), boundTo(owner, 'key'));
    return decrypt(key, Buffer.from(value, 'base64url'), boundTo(owner, 'value')).toString();
  } catch (cause) {
    throw new SecretUnreadable(`${owner.field} of ${owner.owner} does not open with this master key`, { cause });
  }
}
