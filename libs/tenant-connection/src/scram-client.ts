import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import pg, { type ClientConfig } from 'pg';

/** What follows from a password, a salt and an iteration count (RFC 5802, section 3), and proves that one knows the first. */
interface Keys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
}

/** Where the keys of one role are kept: derived from its password, for the server's salt. */
export interface ScramKeys {
  scramKeys: string | undefined;
}

/** What is used here of the inside of pg's client; `scram-client.int.test.ts` notices when it changes. */
interface Inside {
  saslSession: { mechanism: string; message: string; clientNonce: string; serverSignature: string; response: string };
  enableChannelBinding: boolean;
  connection: { sendSCRAMClientFinalMessage(response: string): void };
  _handleAuthSASLContinue(message: { data: string }): Promise<void>;
}

const derive = promisify(pbkdf2);
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
/** `n,,`: no channel binding, in base64. */
const noBinding = 'biws';
/** More than that is pg's to refuse. */
const mostIterations = 100_000;
/** Without characters that SASLprep would change. */
const isPlain = (password: string): boolean => /^[\x21-\x7e]+$/.test(password);

const keyBytes = 32;

/**
 * A client of pg that derives the keys of a role's password once, not per connect: that is a sixth of a connect's CPU. A server
 * that asks with another salt gets newly derived ones. Where anything is unusual, pg does it all itself.
 */
export class ScramClient extends pg.Client {
  constructor(
    config: ClientConfig,
    private readonly place: ScramKeys,
  ) {
    super(config);
  }

  /** Overrides a method that pg does not declare. */
  async _handleAuthSASLContinue(message: { data: string }): Promise<void> {
    const inside = this as unknown as Inside;
    const session = inside.saslSession;
    const first = /^r=([^,]+),s=([^,]+),i=(\d{1,6})$/.exec(message.data);
    const [, nonce = '', salt = '', count = ''] = first ?? [];
    const isUsual =
      session.mechanism === 'SCRAM-SHA-256' &&
      session.message === 'SASLInitialResponse' &&
      !inside.enableChannelBinding &&
      nonce.startsWith(session.clientNonce) &&
      nonce.length > session.clientNonce.length &&
      Number(count) <= mostIterations &&
      typeof this.password === 'string' &&
      isPlain(this.password);
    if (!isUsual) return (pg.Client.prototype as unknown as Inside)._handleAuthSASLContinue.call(this, message);
    try {
      const keys = await this.keys(salt, Number(count));
      const withoutProof = `c=${noBinding},r=${nonce}`;
      const all = `n=*,r=${session.clientNonce},${message.data},${withoutProof}`;
      const storedKey = createHash('sha256').update(keys.clientKey).digest();
      const signature = hmac(storedKey, all);
      const proof = Buffer.from(keys.clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
      session.message = 'SASLResponse';
      session.serverSignature = hmac(keys.serverKey, all).toString('base64');
      session.response = `${withoutProof},p=${proof.toString('base64')}`;
      inside.connection.sendSCRAMClientFinalMessage(session.response);
    } catch (failure) {
      this.emit('error', failure);
    }
  }

  /** Kept as one string, which takes a quarter of the room of buffers: there is one for each tenant that was ever connected. */
  private async keys(salt: string, iterations: number): Promise<Keys> {
    const question = `${salt} ${iterations} `;
    const known = this.place.scramKeys;
    if (known?.startsWith(question)) {
      const both = Buffer.from(known.slice(question.length), 'latin1');
      return { clientKey: both.subarray(0, keyBytes), serverKey: both.subarray(keyBytes) };
    }
    const salted = await derive(this.password ?? '', Buffer.from(salt, 'base64'), iterations, keyBytes, 'sha256');
    const keys = { clientKey: hmac(salted, 'Client Key'), serverKey: hmac(salted, 'Server Key') };
    this.place.scramKeys = Buffer.concat([Buffer.from(question), keys.clientKey, keys.serverKey]).toString('latin1');
    return keys;
  }
}
