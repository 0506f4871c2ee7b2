import type { Problem } from '@tenantry/contracts';

/** A refusal of the API, or its absence, for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when nobody answered. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** What the API answered: the body, its entity tag, and where to look for what goes on. */
export interface Answer<Body> {
  readonly body: Body;
  readonly location: string | null;
  readonly etag: string | null;
}

interface Page<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

interface Sent {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const withinMs = 15_000;

const describe = ({ detail, errors = [] }: Problem): string =>
  [detail, ...errors.map(({ pointer, message }) => `  ${pointer.slice(1)} ${message}`)].join('\n');

/** A header holds ASCII: what does not is percent-encoded (RFC 8187). */
const asHeader = (text: string): string => (/^[ -~]*$/.test(text) ? text : `UTF-8''${encodeURIComponent(text)}`);

/** Whoever stands between may answer in its own words, such as a proxy that finds no gateway: they are not ours to show. */
function readAnswer(text: string, { status, url }: Response): unknown {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(`${new URL(url).origin} answers ${status}, and not as the gateway does`, status);
  }
}

/** The platform API of a running gateway, with an operator's key. */
export class PlatformApi {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param reason why all of it is done, for the audit. */
  constructor(url: string, key: string, reason?: string) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${key}`, ...(reason ? { 'x-reason': asHeader(reason) } : {}) };
  }

  async get<Body>(path: string): Promise<Body> {
    return (await this.ask<Body>('GET', path)).body;
  }

  /** All of a list, page by page. */
  async *list<Item>(path: string, filters: Readonly<Record<string, string | undefined>> = {}): AsyncGenerator<Item> {
    const query = new URLSearchParams({ limit: '100' });
    for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
    for (let cursor: string | null = ''; cursor !== null;) {
      if (cursor) query.set('cursor', cursor);
      const page: Page<Item> = await this.get(`${path}?${query.toString()}`);
      yield* page.data;
      cursor = page.nextCursor;
    }
  }

  async all<Item>(path: string, filters: Readonly<Record<string, string | undefined>> = {}): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this.list<Item>(path, filters)) items.push(item);
    return items;
  }

  /** @throws ApiError for every answer that is not a success. */
  async ask<Body>(method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Answer<Body>> {
    const response = await fetch(new URL(path, this.#url), {
      method,
      signal: AbortSignal.timeout(withinMs),
      headers: { ...this.#headers, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch((error: Error) => {
      throw new ApiError(`nobody answers at ${this.#url}: ${String((error.cause as Error)?.message ?? error)}`, 0);
    });
    const answered = readAnswer(await response.text(), response);
    if (!response.ok) throw new ApiError(describe(answered as Problem), response.status);
    const { headers: said } = response;
    return { body: answered as Body, location: said.get('location'), etag: said.get('etag') };
  }
}
