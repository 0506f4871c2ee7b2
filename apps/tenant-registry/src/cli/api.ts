import type { Operation, Problem, Tenant } from '@tenantry/contracts';

/** A refusal of the API, or its absence, for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    /** HTTP status; 0 when nobody answered. */
    readonly status: number,
  ) {
    super(message);
  }
}

interface Page<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

const describe = ({ detail, errors = [] }: Problem): string =>
  [detail, ...errors.map(({ pointer, message }) => `  ${pointer.slice(1)} ${message}`)].join('\n');

/** The platform API of a running gateway, with an operator's key. */
export class PlatformApi {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  get(id: string): Promise<Tenant> {
    return this.ask<Tenant>(`/v1/admin/tenants/${encodeURIComponent(id)}`);
  }

  getOperation(id: string): Promise<Operation> {
    return this.ask<Operation>(`/v1/admin/operations/${encodeURIComponent(id)}`);
  }

  create(tenant: object): Promise<Tenant> {
    return this.ask<Tenant>('/v1/admin/tenants', { method: 'POST', body: JSON.stringify(tenant) });
  }

  /** All of them, page by page. */
  async *list(): AsyncGenerator<Tenant> {
    let cursor: string | null = '';
    do {
      const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const page: Page<Tenant> = await this.ask<Page<Tenant>>(`/v1/admin/tenants?limit=100${more}`);
      yield* page.data;
      cursor = page.nextCursor;
    } while (cursor);
  }

  private async ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.key}`, prefer: 'wait=4', 'content-type': 'application/json' };
    const response = await fetch(new URL(path, this.url), { ...init, headers }).catch((cause: unknown) => {
      throw new ApiError(`nobody answers at ${this.url}: ${String((cause as Error).cause ?? cause)}`, 0);
    });
    const body: unknown = await response.json();
    if (!response.ok) throw new ApiError(describe(body as Problem), response.status);
    return body as Answer;
  }
}
