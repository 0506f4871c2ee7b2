import { isUtf8 } from 'node:buffer';
import { ServiceError } from '@tenantry/service-kit';
import type { FastifyInstance } from 'fastify';

/** No body of ours is nearly as deep or wide; what is costs more to read than to send. */
const maxDepth = 32;
const maxValues = 10_000;

const refuse = (detail: string, cause?: unknown): ServiceError => new ServiceError('bad-request', detail, { cause });

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

/** Where the JSON text that begins at `start` ends: at the quote that no odd number of backslashes stands before. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text[before - 1] === '\\') before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/**
 * Takes JSON bodies, and of PATCH also JSON merge patches (RFC 7396), as Fastify's own parser reads them; every other type is 415.
 * JSON is UTF-8 (RFC 8259, 8.1), whatever its type says.
 */
export function takeJson(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  const types = ['application/json', 'application/merge-patch+json'];
  server.addContentTypeParser<Buffer>(types, { parseAs: 'buffer' }, (request, body, done) => {
    const type = request.headers['content-type'] ?? '';
    if (request.method !== 'PATCH' && /^application\/merge-patch/i.test(type.trimStart())) {
      return done(new ServiceError('unsupported-media-type', 'Merge patches are for PATCH: send application/json.'));
    }
    if (body.length === 0) return done(refuse('The body is empty.'));
    if (!isUtf8(body)) return done(refuse('The body is not UTF-8.'));
    const text = body.toString();
    const refusal = refuseShape(text);
    if (refusal) return done(refusal);
    void parse(request, text, (cause, value) =>
      cause ? done(refuse('The body is not JSON that can be read.', cause)) : done(null, value),
    );
  });
}
