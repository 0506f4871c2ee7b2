import type { Message } from '@tenantry/contracts';
import { ServiceError } from './service-error.js';

/** A write that its caller may send again. */
export interface KeyedRequest {
  readonly key: string;
  /** `user:<id>` and the like: nobody meets the keys of others. */
  readonly caller: string;
  /** The subject of the message. */
  readonly subject: string;
  /** As the contract reads it. */
  readonly request: unknown;
}

/** The first answer to a key, again. */
export class Replayed {
  constructor(readonly answer: unknown) {}
}

/** Where a service keeps what it has answered: the outbox library provides one, in the database of the tenant. */
export abstract class KeyedWork {
  /**
   * Does the work, or gives the answer it has had before: exactly once within 24 h, also where the process dies between work and answer.
   * What fails has done nothing, and leaves its key as if unused.
   * @throws ServiceError `idempotency-in-progress`, `idempotency-key-reused`, or what the work raised
   */
  abstract once(request: KeyedRequest, work: () => Promise<unknown>): Promise<unknown>;
}

/** Printable ASCII. */
const keyForm = /^[\x20-\x7e]{1,255}$/;

const badKey = (message: string): ServiceError => {
  const errors = [{ pointer: '/Idempotency-Key', code: 'invalid-key', message }];
  return new ServiceError('bad-request', 'The header Idempotency-Key cannot be used.', { errors });
};

/**
 * The key of a request to `message`, by its `Idempotency-Key`; undefined where there is none, or the message takes none.
 * @throws ServiceError `bad-request` when it is malformed, or missing where it must be.
 */
export function idempotencyKeyOf(message: Message, header: string | string[] | undefined): string | undefined {
  if (!message.keyed) return undefined;
  if (header === undefined) {
    if (message.keyed === 'required') throw badKey('is required');
    return undefined;
  }
  if (typeof header !== 'string' || !keyForm.test(header)) throw badKey('must be 1 to 255 printable characters');
  return header;
}
