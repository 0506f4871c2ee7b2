import { z } from 'zod';
import { idOfExamples, replyExamples } from './reply-examples.js';

type Schema = z.core.JSONSchema.BaseSchema;

const ofFormat: Readonly<Record<string, string>> = {
  uuid: idOfExamples,
  'date-time': '2026-11-23T09:30:00.000Z',
  email: 'ada@acme.example',
  password: 'correct-horse-battery-9',
  uri: 'https://acme.example/logo.png',
};

function textOf({ format, minLength = 0 }: Schema): string {
  return (format && ofFormat[format]) ?? 'Anvil'.padEnd(minLength, '.');
}

/** A value this JSON Schema allows: its own example or default where it has one, else the plainest there is. */
function valueOf(schema: Schema, all: Schema): unknown {
  if (schema.$ref) return replyExamples[nameIn(schema.$ref)] ?? valueOf(resolve(schema.$ref, all), all);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum?.length) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return valueOf(choice, all);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [name, valueOf(property as Schema, all)]),
      );
    case 'array':
      return [valueOf(schema.items as Schema, all)];
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, 1);
    case 'boolean':
      return true;
    case 'string':
      return textOf(schema);
    default:
      return null;
  }
}

const nameIn = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

const resolve = (reference: string, all: Schema): Schema => {
  const names = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  return names.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], all) as Schema;
};

/** An example of what this schema takes (`input`) or what it makes of it (`output`). */
export function exampleOf(schema: z.ZodType, io: 'input' | 'output'): unknown {
  const jsonSchema = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return valueOf(jsonSchema, jsonSchema);
}
