import type { Message } from '@tenantry/contracts';
import { parseRequest, ServiceError } from '@tenantry/service-kit';
import { z } from 'zod';
import type { GatewayRequest } from '../call.js';

type Coercion = (text: string) => unknown;

/** Text of a query in the type its field has. What is no number or flag is left as it is, and so is refused as the wrong type. */
const coercions: Readonly<Record<string, Coercion>> = {
  integer: (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : text),
  number: (text) => (/^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

const compiled = new WeakMap<Message, ReadonlyMap<string, Coercion>>();

/** Which of a message's fields are not text: found out once per message. */
function coercionsOf(message: Message): ReadonlyMap<string, Coercion> {
  const known = compiled.get(message);
  if (known) return known;
  const { properties = {} } = z.toJSONSchema(message.request, { io: 'input', unrepresentable: 'any' });
  const found = new Map<string, Coercion>();
  for (const [name, property] of Object.entries(properties)) {
    const coercion =
      typeof property === 'object' && typeof property.type === 'string' ? coercions[property.type] : undefined;
    if (coercion) found.set(name, coercion);
  }
  compiled.set(message, found);
  return found;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** HEAD is GET, but for the body of the answer (RFC 9110, 9.3.2). */
export const isRead = ({ method }: Pick<GatewayRequest, 'method'>): boolean => method === 'GET' || method === 'HEAD';

function fieldsOf(message: Message, request: GatewayRequest): Record<string, unknown> {
  const { method, query, body } = request;
  const parameters = query as Record<string, unknown>;
  // A DELETE may have a body, to say why.
  if (!isRead(request) && (method !== 'DELETE' || body !== undefined)) {
    const unknown = Object.keys(parameters).map((name) => ({
      pointer: `/${name}`,
      code: 'unknown-field',
      message: 'is not a parameter here',
    }));
    if (unknown.length > 0) throw new ServiceError('bad-request', 'This route takes no query.', { errors: unknown });
    if (body !== undefined && !isRecord(body)) throw new ServiceError('bad-request', 'The body must be a JSON object.');
    return body ?? {};
  }
  const coercionByName = coercionsOf(message);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const coercion = typeof value === 'string' ? coercionByName.get(name) : undefined;
      return [name, coercion ? coercion(value as string) : value];
    }),
  );
}

/**
 * What a route's message is asked: path and query, or path and body, held against the contract.
 *
 * @param more fields that come from elsewhere, such as a header.
 * @throws ServiceError `bad-request`, `validation`
 */
export function inputOf(message: Message, request: GatewayRequest, more: Record<string, unknown> = {}): unknown {
  const fields = fieldsOf(message, request);
  const fixed = { ...(request.params as Record<string, unknown>), ...more };
  // What stands in the path cannot be said again in the body.
  const twice = Object.keys(fixed).filter((name) => Object.hasOwn(fields, name));
  if (twice.length > 0) {
    const errors = twice.map((name) => ({
      pointer: `/${name}`,
      code: 'unknown-field',
      message: 'is not a field here',
    }));
    throw new ServiceError('bad-request', 'The request has fields that do not belong there.', { errors });
  }
  return parseRequest(message.request, { ...fields, ...fixed });
}
