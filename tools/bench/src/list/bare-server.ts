import cluster from 'node:cluster';
import { createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import pg from 'pg';
import { serveParent, setting } from '../harness/parent.ts';

/** What the same list costs without tenants, services, limits and pages: a process per core, a verified token, one prepared statement. */
interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly exp: number;
  readonly tid: string;
}

const listProducts = {
  name: 'list-products',
  text: `SELECT id, name, description, price, stock_quantity AS "stockQuantity", active, managed_by AS "managedBy",
    created_at AS "createdAt", updated_at AS "updatedAt" FROM products ORDER BY id DESC LIMIT 20`,
};

const parse = <Part>(part: string): Part => JSON.parse(Buffer.from(part, 'base64url').toString()) as Part;

/** As the gateway does it: a token is verified once and then known by its whole text until it expires. */
class KnownTokens {
  readonly #key: KeyObject;
  readonly #known = new Map<string, Claims>();

  constructor(key: JsonWebKey) {
    this.#key = createPublicKey({ key, format: 'jwk' });
  }

  /** Undefined when it cannot be believed. */
  read(token: string): Claims | undefined {
    const claims = this.#known.get(token) ?? this.#verify(token);
    return claims && claims.exp * 1000 > Date.now() ? claims : undefined;
  }

  #verify(token: string): Claims | undefined {
    const [header = '', payload = '', signature = ''] = token.split('.');
    if (parse<{ alg: string }>(header).alg !== 'ES256') return undefined;
    const key = { key: this.#key, dsaEncoding: 'ieee-p1363' } as const;
    const isSigned = verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
    const claims = parse<Claims>(payload);
    if (!isSigned || claims.iss !== 'tenantry-auth' || claims.aud !== 'tenantry-api') return undefined;
    this.#known.set(token, claims);
    return claims;
  }
}

async function serve(): Promise<void> {
  const tokens = new KnownTokens(JSON.parse(setting('PUBLIC_KEY')) as JsonWebKey);
  const pool = new pg.Pool({ connectionString: setting('DATABASE_URL'), max: Number(setting('CONNECTIONS')) });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== 'GET' || !request.url?.startsWith('/v1/products')) return void response.writeHead(404).end();
    const { authorization = '' } = request.headers;
    if (!authorization.startsWith('Bearer ') || !tokens.read(authorization.slice('Bearer '.length))) {
      return void response.writeHead(401).end();
    }
    const { rows } = await pool.query(listProducts);
    const body = Buffer.from(JSON.stringify({ data: rows, nextCursor: null }));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
    response.end(body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });
  server.listen(Number(setting('PORT')), '127.0.0.1');
}

if (cluster.isPrimary) {
  const workers = Array.from({ length: availableParallelism() }, () => cluster.fork());
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('listening', resolve))));
  serveParent();
} else {
  await serve();
}
