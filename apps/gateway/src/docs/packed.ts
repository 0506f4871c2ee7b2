import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { standingHeaders } from '../server/security-headers.js';
import { isHeld } from '../upstream/preconditions.js';

const pack = promisify(gzip);
/** As RFC 9110 has it (8.4.1.3, 12.5.3): under one of its names, or else by what stands for all, and not with a weight of zero. */
function takesGzip(accepted: string): boolean {
  const weights = new Map<string, number>();
  for (const part of accepted.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((text) => text.startsWith('q='))?.slice(2) ?? 1;
    weights.set(coding === 'x-gzip' ? 'gzip' : coding, Number(weight));
  }
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

/** One text that is the same for everybody until the next start: packed once, when it is first asked for so. */
export class Packed {
  private readonly plain: Buffer;
  private readonly tag: string;
  private zipped: Promise<Buffer> | undefined;

  constructor(
    text: string,
    private readonly keepSeconds: number,
  ) {
    this.plain = Buffer.from(text);
    this.tag = createHash('sha256').update(this.plain).digest('base64url').slice(0, 16);
  }

  /** The bytes for this client, and the headers with them; null where the client has them already (304). */
  async answer({ headers }: FastifyRequest, reply: FastifyReply): Promise<Buffer | null> {
    const isPacked = takesGzip(String(headers['accept-encoding'] ?? ''));
    // Each spelling of the bytes has a tag of its own (RFC 9110, 8.8.3.3).
    const etag = `"${this.tag}${isPacked ? '-gzip' : ''}"`;
    reply.headers({ etag, 'cache-control': `public, max-age=${this.keepSeconds}` });
    reply.header('vary', `${standingHeaders['vary']}, Accept-Encoding`);
    if (isHeld(etag, headers)) {
      reply.code(304);
      return null;
    }
    if (!isPacked) return this.plain;
    reply.header('content-encoding', 'gzip');
    return (this.zipped ??= pack(this.plain));
  }
}
