import { describe, expect, it } from '@jest/globals';
import { ErrorCatalogue, type ErrorCode } from '@tenantry/contracts';
import type { Stack } from '@tenantry/testing';
import { expectProblem, expectProperAnswer } from './problem.js';

interface Operation {
  readonly operationId: string;
  readonly security: readonly Record<string, unknown>[];
  readonly parameters?: readonly { name: string; in: string; schema: unknown; required?: boolean }[];
  readonly requestBody?: { content: Record<string, { schema: unknown }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
}

interface Document {
  readonly openapi: string;
  readonly info: { title: string; version: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

const someId = '0192f0c1-2b3c-7d4e-8f50-6172839405a6';

/** Every `$ref` anywhere in it. */
const referencesIn = (node: unknown): string[] => {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) => (name === '$ref' ? [String(value)] : referencesIn(value)));
};

/** What anybody may read. */
export const publicPages = (stack: () => Stack): void => {
  const paths = ['/openapi.json', '/openapi-platform.json'];
  const readAll = (): Promise<Document[]> =>
    Promise.all(paths.map(async (path) => (await stack().http.get<Document>(path)).body));
  const operations = async (): Promise<[method: string, path: string, operation: Operation][]> =>
    (await readAll())
      .flatMap((document) => Object.entries(document.paths))
      .flatMap(([path, item]) =>
        Object.entries(item).map(([method, operation]) => [method, path, operation] as [string, string, Operation]),
      );

  describe('the probes', () => {
    it.each(['/livez', '/readyz'])('%s says ok', async (path) => {
      const answer = await stack().http.get(path);
      expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } });
      expectProperAnswer(answer);
    });
  });

  describe('the OpenAPI documents', () => {
    it.each(paths)('%s is of version 3.1 and its references lead somewhere', async (at) => {
      const document = (await stack().http.get<Document>(at)).body;
      expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1\.\d$/) });
      const missing = referencesIn(document).filter((reference) => {
        const names = reference.replace(/^#\//, '').split('/');
        return (
          names.reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], document) ===
          undefined
        );
      });
      expect(missing).toEqual([]);
    });

    it('give each operation a name of its own, its parameters, its security and what it can answer', async () => {
      const all = await operations();
      const names = all.map(([, , { operationId }]) => operationId);
      expect(new Set(names).size).toBe(names.length);
      const securitySchemes = Object.assign(
        {},
        ...(await readAll()).map(({ components }) => components.securitySchemes),
      ) as object;
      for (const [method, path, { operationId, parameters = [], security, requestBody, responses }] of all) {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = parameters
          .filter(({ in: place, required }) => place === 'path' && required)
          .map(({ name }) => name);
        expect({ operationId, declared }).toEqual({ operationId, declared: inPath });
        expect(security.flatMap(Object.keys).filter((name) => !(name in securitySchemes))).toEqual([]);
        if (method === 'get') expect({ operationId, requestBody }).toEqual({ operationId, requestBody: undefined });
        const statuses = Object.keys(responses).map(Number);
        expect(statuses.some((status) => status < 300)).toBe(true);
        for (const status of statuses.filter((one) => one >= 400)) {
          expect(Object.keys(responses[status]!.content ?? {})).toEqual(['application/problem+json']);
        }
      }
    });

    it('have no route that is not there, and lets nobody in where it says so', async () => {
      for (const [method, path, { operationId, security }] of await operations()) {
        const concrete = path.replace('{code}', 'validation').replaceAll(/\{\w+\}/g, someId);
        const answer = await stack().http.send(method.toUpperCase(), concrete);
        expect({ operationId, status: answer.status }).not.toEqual({ operationId, status: 405 });
        if (security.length > 0) expectProblem(answer, 'unauthenticated');
        else if (method === 'get') expect({ operationId, status: answer.status }).toEqual({ operationId, status: 200 });
      }
    });

    it('have the demo path', async () => {
      const all = (await operations()).map(([method, path]) => `${method} ${path}`);
      expect(all).toEqual(
        expect.arrayContaining([
          'get /.well-known/jwks.json',
          'get /livez',
          'get /problems',
          'get /problems/{code}',
          'get /readyz',
          'get /v1/admin/operations/{id}',
          'get /v1/admin/tenants',
          'post /v1/admin/tenants',
          'get /v1/admin/tenants/{id}',
          'post /v1/auth/login',
          'get /v1/me',
          'get /v1/products',
          'post /v1/products',
          'delete /v1/products/{id}',
          'get /v1/products/{id}',
          'patch /v1/products/{id}',
          'get /v1/users',
          'post /v1/users',
        ]),
      );
    });
  });

  describe('the public keys', () => {
    it('may be kept for a minute, and are not sent again to who has them', async () => {
      const { headers } = await stack().http.get('/.well-known/jwks.json');
      expect(headers['cache-control']).toBe('public, max-age=60');
      const { etag } = headers;
      const again = await stack()
        .http.with({ 'if-none-match': String(etag) })
        .get('/.well-known/jwks.json');
      expect(again).toMatchObject({ status: 304, text: '', headers: { etag } });
      expect((await stack().http.with({ 'if-none-match': '"other"' }).get('/.well-known/jwks.json')).status).toBe(200);
    });
  });

  describe('/docs', () => {
    it('is a page that loads nothing from elsewhere', async () => {
      const page = await stack().http.get('/docs/');
      expect(page).toMatchObject({ status: 200, headers: { 'content-type': expect.stringMatching(/^text\/html/) } });
      expectProperAnswer(page);
      const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!);
      expect(sources.filter((source) => /^(\w+:)?\/\//.test(source))).toEqual([]);
      for (const source of sources) {
        const { pathname } = new URL(source, `${stack().url}/docs/`);
        expect((await stack().http.get(pathname)).status).toBe(200);
      }
    });

    it('offers nothing that would ask, or lead to, a host of its maker', async () => {
      const { text } = await stack().http.get('/docs/');
      const configuration = JSON.parse(/createApiReference\('#app', ([^]*?)\)\s*<\/script>/.exec(text)![1]!) as object;
      const source = expect.objectContaining({ agent: { disabled: true } });
      expect(configuration).toMatchObject({
        ...{ telemetry: false, withDefaultFonts: false, showDeveloperTools: 'never', hideClientButton: true },
        ...{ mcp: { disabled: true }, sources: [source, source] },
      });
    });

    it('is found without the slash', async () => {
      const answer = await stack().http.get('/docs');
      expect([301, 302, 308]).toContain(answer.status);
      expect(new URL(answer.headers.location!, `${stack().url}/docs`).pathname).toBe('/docs/');
    });
  });

  describe('/problems', () => {
    it('lists every code of the catalogue, and explains each', async () => {
      const { body } = await stack().http.get<{ data: { code: ErrorCode; type: string }[] }>('/problems');
      expect(body.data.map(({ code }) => code)).toEqual(Object.keys(ErrorCatalogue));
      for (const { code, type } of body.data) {
        expect(await stack().http.get(type)).toMatchObject({ status: 200, body: { code, ...withoutDelay(code) } });
      }
    });

    it.each(['nope', '__proto__', 'constructor', 'toString'])('does not know %s', async (code) => {
      expectProblem(await stack().http.get(`/problems/${code}`), 'not-found');
    });
  });
};

function withoutDelay(code: ErrorCode): object {
  const { status, title, explanation } = ErrorCatalogue[code];
  return { status, title, explanation };
}
