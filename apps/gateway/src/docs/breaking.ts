type Node = Readonly<Record<string, unknown>>;

/** Which way a value goes: clients write requests, and read responses. */
type Direction = 'request' | 'response';

const nodeOf = (value: unknown): Node => (typeof value === 'object' && value ? (value as Node) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** Deeper than any schema of ours: one that contains itself ends here. */
const maxDepth = 12;

class Comparison {
  readonly found: string[] = [];

  constructor(
    private readonly before: Node,
    private readonly after: Node,
  ) {}

  operations(): void {
    for (const [path, item] of Object.entries(nodeOf(this.before['paths']))) {
      for (const [method, operation] of Object.entries(nodeOf(item))) {
        const now = nodeOf(nodeOf(this.after['paths'])[path])[method];
        const name = `${method.toUpperCase()} ${path}`;
        if (now === undefined) this.found.push(`${name} is gone`);
        else this.operation(name, nodeOf(operation), nodeOf(now));
      }
    }
  }

  private operation(name: string, before: Node, after: Node): void {
    if (before['x-permission'] !== after['x-permission']) {
      this.found.push(`${name} needs ${String(after['x-permission'])}, not ${String(before['x-permission'])}`);
    }
    this.parameters(name, listOf(before['parameters']).map(nodeOf), listOf(after['parameters']).map(nodeOf));
    const body = (one: Node): unknown => schemaIn(nodeOf(one['requestBody']));
    if (body(before) === undefined && body(after) !== undefined) this.found.push(`${name} asks for a body`);
    else this.schema(`${name}: body`, 'request', body(before), body(after));
    for (const [status, response] of Object.entries(nodeOf(before['responses']))) {
      if (!status.startsWith('2')) continue;
      const now = nodeOf(after['responses'])[status];
      if (now === undefined) this.found.push(`${name} answers ${status} no more`);
      else this.schema(`${name}: ${status}`, 'response', schemaIn(nodeOf(response)), schemaIn(nodeOf(now)));
    }
  }

  private parameters(name: string, before: readonly Node[], after: readonly Node[]): void {
    const same = (one: Node) => (other: Node) => one['name'] === other['name'] && one['in'] === other['in'];
    for (const one of before) {
      const now = after.find(same(one));
      const label = `${name}: ${String(one['in'])} ${String(one['name'])}`;
      // Unknown headers are nothing to the gateway, unknown parameters of a query are refused.
      if (!now && one['in'] !== 'header') this.found.push(`${label} is gone`);
      if (now) this.schema(label, 'request', one['schema'], now['schema']);
    }
    for (const one of after) {
      const was = before.find(same(one));
      if (one['required'] === true && was?.['required'] !== true) {
        this.found.push(`${name}: ${String(one['in'])} ${String(one['name'])} has become required`);
      }
    }
  }

  private schema(at: string, direction: Direction, one: unknown, other: unknown, depth = 0): void {
    if (depth > maxDepth || one === undefined) return;
    if (other === undefined) return void this.found.push(`${at} is gone`);
    const [before, after] = [resolve(nodeOf(one), this.before), resolve(nodeOf(other), this.after)];
    if (typesOf(before) !== typesOf(after)) return void this.found.push(`${at} is of another type`);
    this.choices(at, direction, listOf(before['enum']), listOf(after['enum']));
    if (direction === 'request') this.bounds(at, before, after);
    const [fields, now] = [nodeOf(before['properties']), nodeOf(after['properties'])];
    for (const [name, field] of Object.entries(fields)) {
      this.schema(`${at}/${name}`, direction, field, now[name], depth + 1);
    }
    const [required, mustNow] = [listOf(before['required']), listOf(after['required'])];
    const added = mustNow.filter((name) => !required.includes(name));
    const dropped = required.filter((name) => !mustNow.includes(name) && String(name) in now);
    if (direction === 'request') for (const name of added) this.found.push(`${at}/${String(name)} has become required`);
    else for (const name of dropped) this.found.push(`${at}/${String(name)} may be missing`);
    if (before['items'] !== undefined) this.schema(`${at}[]`, direction, before['items'], after['items'], depth + 1);
  }

  /** What a client could send before and cannot now. */
  private bounds(at: string, before: Node, after: Node): void {
    const has = (name: string, isLess: (was: unknown, is: unknown) => boolean): void => {
      const [was, is] = [before[name], after[name]];
      if (is === undefined || (was !== undefined && !isLess(was, is))) return;
      const former = was === undefined ? 'which is new' : `not ${JSON.stringify(was)}`;
      this.found.push(`${at} has the ${name} ${JSON.stringify(is)}, ${former}`);
    };
    for (const name of lowest) has(name, (was, is) => Number(is) > Number(was));
    for (const name of highest) has(name, (was, is) => Number(is) < Number(was));
    for (const name of forms) has(name, (was, is) => is !== was);
  }

  /** A client may send less than before, or be told more: either it did not expect. */
  private choices(at: string, direction: Direction, before: readonly unknown[], after: readonly unknown[]): void {
    if (before.length === 0) {
      if (direction === 'request' && after.length > 0) this.found.push(`${at} takes a few values only`);
      return;
    }
    const lost = after.length === 0 ? [] : before.filter((value) => !after.includes(value));
    if (direction === 'request' && lost.length > 0) this.found.push(`${at} takes ${lost.join(', ')} no more`);
  }
}

/** Bounds that take less the higher, and the lower, they are. */
const lowest = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const highest = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
/** Nobody can tell which of two takes less. */
const forms = ['pattern', 'format', 'multipleOf'];

/** One, or several where null is one of them. */
const typesOf = ({ type }: Node): string => (Array.isArray(type) ? type.toSorted().join() : String(type));

const schemaIn = (holder: Node): unknown => nodeOf(nodeOf(holder['content'])['application/json'])['schema'];

function resolve(schema: Node, document: Node): Node {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  return nodeOf(
    reference
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((node, name) => nodeOf(node)[name], document),
  );
}

/** What of an OpenAPI document's change breaks clients that go by the one before; empty where nothing does. */
export function breakingChanges(before: object, after: object): string[] {
  const comparison = new Comparison(nodeOf(before), nodeOf(after));
  comparison.operations();
  return comparison.found;
}
