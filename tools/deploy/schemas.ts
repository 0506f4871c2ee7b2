import type { Resource } from './kustomize.ts';
import { operatorKinds } from './operators.ts';

type Validate = (data: object) => void;
interface Model {
  readonly prototype: { validate(this: object): void };
}

/** The packages with the types of API groups that are not Kubernetes' own. */
const packages: Record<string, string> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'external-secrets.io': '@kubernetes-models/external-secrets',
};

async function validatorOf({ apiVersion, kind }: Resource): Promise<Validate> {
  const schema = operatorKinds.get(`${apiVersion} ${kind}`);
  if (schema) return (data) => void schema.parse(data);
  const from = packages[apiVersion.split('/')[0]!] ?? 'kubernetes-models';
  const module = (await import(`${from}/${apiVersion}/${kind}`)) as Record<string, Model>;
  const model = module[kind];
  if (!model) throw new Error(`no schema for ${apiVersion} ${kind}`);
  // Not by its constructor, which reads every key to copy it.
  return (data) => model.prototype.validate.call(data);
}

/**
 * Raises where an object is not what the API takes. The models' validators pass over keys they do not know, so each key they never look at
 * is one the API would not know either: found by looking on while they read.
 */
export async function validate(resource: Resource): Promise<void> {
  const asked = new Map<object, Set<PropertyKey>>();
  const check = await validatorOf(resource);
  check(watched(resource, asked));
  const unknown = unasked(resource, asked, `${resource.kind} ${resource.metadata.name}`);
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}`);
}

function watched<Value extends object>(value: Value, asked: Map<object, Set<PropertyKey>>): Value {
  return new Proxy(value, {
    get(target, key, receiver) {
      asked.set(target, (asked.get(target) ?? new Set()).add(key));
      const inner: unknown = Reflect.get(target, key, receiver);
      return typeof inner === 'object' && inner !== null ? watched(inner, asked) : inner;
    },
  });
}

function unasked(value: unknown, asked: Map<object, Set<PropertyKey>>, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    asked.get(value)?.has(key) ? unasked(inner, asked, `${path}.${key}`) : [`${path}.${key}`],
  );
}
