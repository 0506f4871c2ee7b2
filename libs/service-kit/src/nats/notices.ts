import { noticeType, type Notice } from '@tenantry/contracts';
import { errors as jwtErrors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { z } from 'zod';
import { ContextKeys } from '../context/keys.js';
import type { ContextSigner } from '../context/signer.js';
import type { Log } from '../log.js';
import type { Nats } from './nats.js';

/** Looked at together; what comes beyond is not heard, and made up for as what was lost is. */
const atOnce = 100;
/** A flood of notices that are none fills no disk with lines about them. */
const logEveryMs = 1000;

/**
 * What is said to every instance at once. A notice is a signed statement of its teller: JetStream delivers anything to any subject, so none is
 * believed for where it came (docs/adr/0016).
 *
 * Invariant: whatever comes raises nothing: an error in a subscription's callback would end the connection of the whole process.
 */
export class Notices {
  readonly #keys: ContextKeys;
  #underWay = 0;
  #unsaid = 0;
  #saidAt = -Infinity;

  constructor(
    private readonly nats: Nats,
    private readonly log: Log,
    private readonly signer: ContextSigner | undefined,
  ) {
    this.#keys = new ContextKeys(nats);
  }

  /** Says it as far as the broker is there; never rejects. */
  async tell<Content extends z.ZodType>({ subject }: Notice<Content>, content: z.input<Content>): Promise<void> {
    try {
      if (!this.signer) throw new TypeError('only an issuer of signed contexts can tell anything');
      this.nats.connection.publish(subject, await this.signer.signNotice(subject, content));
    } catch (err) {
      this.log.warn({ err, subject }, 'a notice could not be told; who does not hear it asks');
    }
  }

  /** Hears what the teller said within the last minute; all else is logged and passed over. */
  hear<Content extends z.ZodType>(notice: Notice<Content>, hear: (content: z.output<Content>) => void): void {
    const { subject } = notice;
    this.nats.connection.subscribe(subject, {
      callback: (error, msg) => {
        if (error) this.log.error({ err: error, subject }, 'notices cannot be heard');
        else if (this.#underWay >= atOnce) this.#passOver('too many at once', subject);
        else void this.#believe(notice, msg.string(), hear);
      },
    });
  }

  async #believe<Content extends z.ZodType>(
    { subject, teller, content }: Notice<Content>,
    token: string,
    hear: (content: z.output<Content>) => void,
  ): Promise<void> {
    this.#underWay++;
    try {
      const keyOf: JWTVerifyGetKey = async ({ kid }) => {
        const isTellers = typeof kid === 'string' && kid.startsWith(`${teller}.`);
        const key = isTellers ? await this.#keys.find(kid) : undefined;
        if (!key) throw new jwtErrors.JWSSignatureVerificationFailed(`not signed by ${teller}`);
        return key;
      };
      const { payload } = await jwtVerify(token, keyOf, {
        algorithms: ['EdDSA'],
        typ: noticeType,
        issuer: teller,
        audience: subject,
        requiredClaims: ['exp'],
      });
      hear(content.parse(payload['notice']));
    } catch (err) {
      this.#passOver(err, subject);
    } finally {
      this.#underWay--;
    }
  }

  #passOver(err: unknown, subject: string): void {
    const now = performance.now();
    if (now - this.#saidAt < logEveryMs) {
      this.#unsaid++;
      return;
    }
    this.log.warn({ err, subject, more: this.#unsaid }, 'a notice that cannot be believed');
    this.#saidAt = now;
    this.#unsaid = 0;
  }
}
