import fc from 'fast-check';

/** As much of JSON Schema as the documents use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly examples?: readonly unknown[];
}

type Values = fc.Arbitrary<unknown>;

const nasty = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\u202e\ufeff',
  "'; DROP TABLE users; --",
  '%',
  '_',
  '../../etc/passwd',
  '${7*7}',
  '<script>',
  '__proto__',
  'null',
  'NaN',
  '1e400',
  '9'.repeat(40),
  'a'.repeat(5000),
  '😀'.repeat(200),
  '2026-02-30T25:61:61Z',
];

/** What no schema asks for, and every parser meets one day. */
export const hostile: Values = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    1e308,
    [],
    {},
    [[]],
    [null],
  ),
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.jsonValue({ maxDepth: 4 }),
  fc.constant(JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{}}}')),
);

function textOf({ pattern, format, minLength = 0, maxLength = 200 }: Schema, ids: Values): Values {
  if (format === 'uuid') return ids;
  if (format === 'date-time')
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
      .map((date) => date.toISOString());
  if (format === 'email') return fc.emailAddress();
  if (format === 'uri') return fc.webUrl();
  // A pattern that the generator cannot follow is met by its examples alone.
  if (pattern && !/\(\?|\\[pP]/.test(pattern)) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 100) });
}

/** Values this schema allows, as far as it tells; `ids` where it asks for one. */
export function valuesOf(schema: Schema, all: Schema, ids: Values): Values {
  const inner = (one: Schema): Values => valuesOf(one, all, ids);
  const examples = schema.examples?.length ? [fc.constantFrom(...schema.examples)] : [];
  const choices = schema.anyOf ?? schema.oneOf;
  if (schema.$ref) return inner(resolve(schema.$ref, all));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (choices) return fc.oneof(...choices.map(inner));
  switch (schema.type) {
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, inner(one)])),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    case 'array':
      return fc.array(inner(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1000, -(2 ** 31)),
        max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? -1000, max: schema.maximum ?? 1000, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return fc.oneof(...examples, textOf(schema, ids));
    default:
      return hostile;
  }
}

const resolve = (reference: string, all: Schema): Schema =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], all) as Schema;

/** The same with one thing about it wrong: a field changed, left out or added. */
export function spoiled(values: Values): Values {
  return fc
    .tuple(values, hostile, fc.nat(), fc.constantFrom('change', 'leave out', 'add'))
    .map(([value, other, at, how]) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return other;
      const names = Object.keys(value);
      const name = names[at % Math.max(names.length, 1)] ?? 'extra';
      if (how === 'add') return { ...value, [`${name}x`]: other };
      if (how === 'change') return { ...value, [name]: other };
      return Object.fromEntries(Object.entries(value).filter(([one]) => one !== name));
    });
}
