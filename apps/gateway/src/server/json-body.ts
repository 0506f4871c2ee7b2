import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { ServiceError } from '@tenantry/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { collect } from './collect.js';
import { doubledName, endOfText } from './json-text.js';

const maxBodyBytes = 1024 * 1024;
/** No body of ours is nearly as deep or wide; what is costs more to read than to send. */
const maxDepth = 32;
const maxValues = 10_000;

const refuse = (detail: string, cause?: unknown): ServiceError => new ServiceError('bad-request', detail, { cause });
const tooLarge = (): ServiceError => new ServiceError('payload-too-large', 'Send at most 1 MB.');

/** Why this text is not worth parsing, or undefined: one pass over it, before anything is built of it. */
export function refuseShape(text: string): ServiceError | undefined {
  let depth = 0;
  let values = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text[index]) {
      case '"':
        index = endOfText(text, index);
        break;
      case '{':
      case '[':
        if (++depth > maxDepth) return refuse(`The body is nested more than ${maxDepth} deep.`);
        break;
      case '}':
      case ']':
        depth--;
        break;
      case ',':
        if (++values > maxValues) return refuse(`The body has more than ${maxValues} values.`);
        break;
      default:
    }
  }
  return undefined;
}

/** A body that has been announced and not been read: who refuses the request needs nothing of it. */
export class UnreadBody {
  constructor(
    private readonly bytes: Readable,
    private readonly parse: (text: string) => Promise<unknown>,
  ) {}

  /**
   * What the JSON says, once all of it is here.
   * @param deadlineAt after that it is not waited for (`performance.now()`).
   * @param take hears of each piece, and raises where there is no room for it.
   * @throws ServiceError `bad-request`, `payload-too-large`
   */
  async read(deadlineAt: number, take: (bytes: number) => void): Promise<unknown> {
    let length = 0;
    const body = await collect(this.bytes, {
      deadlineAt,
      take: (bytes) => {
        length += bytes;
        if (length > maxBodyBytes) throw tooLarge();
        take(bytes);
      },
      fall: (short, cause) => refuse(`The body did not arrive ${short === 'late' ? 'in time' : 'whole'}.`, cause),
    });
    if (body.length === 0) throw refuse('The body is empty.');
    if (!isUtf8(body)) throw refuse('The body is not UTF-8.');
    const text = body.toString();
    const refusal = refuseShape(text);
    if (refusal) throw refusal;
    const value = await this.parse(text).catch((cause: unknown) => {
      throw refuse('The body is not JSON that can be read.', cause);
    });
    const doubled = doubledName(text);
    if (doubled !== undefined) throw refuse(`The body says ${JSON.stringify(doubled.slice(0, 100))} twice.`);
    return value;
  }
}

/** Why these headers announce a body that is not taken, or undefined. */
function refuseAnnounced({ method, headers }: FastifyRequest): ServiceError | undefined {
  if (Number(headers['content-length']) > maxBodyBytes) return tooLarge();
  return method !== 'PATCH' && /^application\/merge-patch/i.test((headers['content-type'] ?? '').trimStart())
    ? new ServiceError('unsupported-media-type', 'Merge patches are for PATCH: send application/json.')
    : undefined;
}

/**
 * Takes JSON bodies, and of PATCH also JSON merge patches (RFC 7396), and leaves them unread (pipeline/body.guard.ts reads them); every
 * other type is 415. JSON is UTF-8 (RFC 8259, 8.1), whatever its type says; a byte order mark before it is passed over, as may be done.
 */
export function takeJson(server: FastifyInstance): void {
  const parser = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  const types = ['application/json', 'application/merge-patch+json'];
  server.addContentTypeParser(types, (request, bytes, done) => {
    const parse = (text: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        void parser(request, text, (error, value) => (error ? reject(error) : resolve(value)));
      });
    done(refuseAnnounced(request) ?? null, new UnreadBody(bytes, parse));
  });
}
