import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a refresh token says of itself, before anybody has checked it. */
export interface RefreshToken {
  readonly tenantId: string;
  readonly sessionId: string;
  /** Which of its family it is: the first, the second ... */
  readonly counter: number;
  readonly secret: Buffer;
  /** Proves that it was made by us, spent or not. */
  readonly seal: Buffer;
}

const uuidBytes = 16;
const counterBytes = 4;
const secretBytes = 16;
const sealBytes = 16;
const tokenBytes = 2 * uuidBytes + counterBytes + secretBytes + sealBytes;

export const newFamilyKey = (): Buffer => randomBytes(32);
export const newSecret = (): Buffer => randomBytes(secretBytes);

/** All that is stored of a token. Its secret is random, so one pass of SHA-256 is enough. */
export const hashOfSecret = (secret: Buffer): Buffer => createHash('sha256').update(secret).digest();

const sealOf = (familyKey: Buffer, body: Buffer): Buffer =>
  createHmac('sha256', familyKey).update(body).digest().subarray(0, sealBytes);

const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function bodyOf({ tenantId, sessionId, counter, secret }: Omit<RefreshToken, 'seal'>): Buffer {
  const count = Buffer.alloc(counterBytes);
  count.writeUInt32BE(counter);
  return Buffer.concat([bytesOf(tenantId), bytesOf(sessionId), count, secret]);
}

/** The text a client keeps: base64url of tenant, session, counter, secret and seal. */
export function writeRefreshToken(token: Omit<RefreshToken, 'seal'>, familyKey: Buffer): string {
  const body = bodyOf(token);
  return Buffer.concat([body, sealOf(familyKey, body)]).toString('base64url');
}

/** Reads what {@link writeRefreshToken} wrote; undefined for every other text, a second spelling of the same bytes included. */
export function readRefreshToken(text: string): RefreshToken | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== tokenBytes || bytes.toString('base64url') !== text) return undefined;
  const secretAt = 2 * uuidBytes + counterBytes;
  return {
    tenantId: uuidOf(bytes.subarray(0, uuidBytes)),
    sessionId: uuidOf(bytes.subarray(uuidBytes, 2 * uuidBytes)),
    counter: bytes.readUInt32BE(2 * uuidBytes),
    secret: bytes.subarray(secretAt, secretAt + secretBytes),
    seal: bytes.subarray(-sealBytes),
  };
}

/** Whether a token of this family was made by us, whatever has become of it since. */
export const isGenuine = (token: RefreshToken, familyKey: Buffer): boolean =>
  timingSafeEqual(token.seal, sealOf(familyKey, bodyOf(token)));
