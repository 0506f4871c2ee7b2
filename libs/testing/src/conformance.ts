import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer } from './client.js';

interface MediaType {
  readonly schema?: unknown;
}

interface Header {
  readonly $ref?: string;
  readonly required?: boolean;
}

interface Response {
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Readonly<Record<string, MediaType>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Response>>;
}

/** As much of an OpenAPI 3.1 document as is needed here. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly headers?: Readonly<Record<string, Header>> };
}

interface Found {
  readonly document: number;
  readonly template: string;
  readonly method: string;
  readonly operation: Operation;
}

const escape = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
const problemType = 'application/problem+json';
/** What the server itself refuses, on whatever route. */
const everywhere: readonly number[] = [400, 404, 405, 415, 429, 431, 503];

/** What every answer has, whatever it says. */
const standing: Readonly<Record<string, RegExp>> = {
  'x-request-id': /^[A-Za-z0-9_-]{8,64}$/,
  'cache-control': /./,
  vary: /^Authorization, X-Tenant, Origin\b/,
  'x-content-type-options': /^nosniff$/,
  'content-security-policy': /frame-ancestors 'none'/,
  'strict-transport-security': /^max-age=\d{7,}/,
  'referrer-policy': /^no-referrer$/,
};

/** Holds answers against what OpenAPI documents say of them. */
export class Conformance {
  private readonly validators = new Map<string, ValidateFunction>();

  private constructor(
    private readonly documents: readonly OpenApiDocument[],
    private readonly ajv: Ajv2020,
  ) {}

  static async of(documents: readonly OpenApiDocument[]): Promise<Conformance> {
    // Loaded here, since most tests do without.
    const [{ Ajv2020 }, formats] = await Promise.all([import('ajv/dist/2020.js'), import('ajv-formats')]);
    const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });
    formats.default.default(ajv);
    documents.forEach((document, index) => ajv.addSchema(document, `document-${index}`));
    return new Conformance(documents, ajv);
  }

  /** What is not as documented about this answer to `method path`; undefined where all is. */
  faultOf(method: string, path: string, answer: Answer<unknown>): string | undefined {
    const found = this.find(method === 'HEAD' ? 'get' : method.toLowerCase(), path.split('?', 1)[0] ?? '');
    const fault =
      faultOfStanding(answer) ??
      (found ? this.faultIn(found, answer, method === 'HEAD') : faultOfUnrouted(path, answer));
    return fault && `${method} ${path} answered ${answer.status}, ${fault}: ${answer.text.slice(0, 300)}`;
  }

  /** What is not as the schema at this JSON pointer into a document says; undefined where all is. */
  faultOfValue(document: number, pointer: string, value: unknown): string | undefined {
    const reference = `document-${document}#${pointer}`;
    const validate = this.validators.get(reference) ?? this.ajv.compile({ $ref: reference });
    this.validators.set(reference, validate);
    return validate(value) ? undefined : this.ajv.errorsText(validate.errors);
  }

  private faultIn(found: Found, { status, headers, body, text }: Answer<unknown>, isHead: boolean): string | undefined {
    const { document, template, method, operation } = found;
    const response = operation.responses[String(status)];
    if (!response) return `which ${operation.operationId} does not document`;
    const missing = this.requiredHeadersOf(found, response).find((name) => headers[name.toLowerCase()] === undefined);
    if (missing) return `without the header ${missing}`;
    const type = (headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    const documented = Object.keys(response.content ?? {});
    if (documented.length === 0) return type ? `with a body of type ${type} where none is documented` : undefined;
    if (!documented.includes(type)) return `of type '${type}', not ${documented.join(' or ')}`;
    if (isHead || !type.endsWith('json')) return undefined;
    const steps = ['paths', template, method, 'responses', String(status), 'content', type, 'schema'];
    const fault = this.faultOfValue(
      document,
      `/${steps.map(escape).map(encodeURIComponent).join('/')}`,
      type.startsWith('text/') ? text : body,
    );
    return fault && `with a body that is not as documented (${fault})`;
  }

  private requiredHeadersOf({ document }: Found, { headers = {} }: Response): string[] {
    const shared = this.documents[document]?.components?.headers ?? {};
    return Object.entries(headers)
      .filter(([, header]) => (header.$ref ? shared[header.$ref.split('/').at(-1)!] : header)?.required)
      .map(([name]) => name);
  }

  private find(method: string, path: string): Found | undefined {
    const parts = path.split('/');
    let best: Found | undefined;
    this.documents.forEach(({ paths }, document) => {
      for (const [template, item] of Object.entries(paths)) {
        const operation = item[method];
        if (!operation || !fits(template.split('/'), parts)) continue;
        // `/v1/things/about` before `/v1/things/{id}`.
        if (!best || countOfParameters(template) < countOfParameters(best.template)) {
          best = { document, template, method, operation };
        }
      }
    });
    return best;
  }
}

const countOfParameters = (template: string): number => template.split('{').length;

const fits = (template: readonly string[], parts: readonly string[]): boolean =>
  template.length === parts.length &&
  template.every((part, index) => (part.startsWith('{') ? parts[index] !== '' : part === parts[index]));

function faultOfStanding({ headers }: Answer<unknown>): string | undefined {
  const wrong = Object.entries(standing).find(([name, form]) => !form.test(String(headers[name] ?? '')));
  return wrong && `with the header ${wrong[0]}: ${String(headers[wrong[0]])}`;
}

/** Pages and documents are no operations; anything else that is found nowhere is refused in the one form. */
function faultOfUnrouted(path: string, { status, headers }: Answer<unknown>): string | undefined {
  if (status < 400) return /^\/(docs|openapi)/.test(path) ? undefined : 'though no document has it';
  const isProblem = (headers['content-type'] ?? '').startsWith(problemType);
  return isProblem && everywhere.includes(status) ? undefined : 'which is no refusal of an unknown route';
}
