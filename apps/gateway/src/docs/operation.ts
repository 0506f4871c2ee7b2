import type { Message } from '@tenantry/contracts';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiRequestBodyObject } from 'zod-openapi';
import { isPlatform } from '../route.js';
import { exampleOf } from './example.js';
import { headersOfSuccess, isTagged, requestHeadersOf } from './headers.js';
import { problemResponses } from './problems.js';
import type { Route } from './routes.js';

const without = (schema: z.ZodObject, names: readonly string[]): z.ZodObject =>
  z.strictObject(Object.fromEntries(Object.entries(schema.shape).filter(([name]) => !names.includes(name))));

/** Creating a tenant answers with the tenant alone; its operation is in Location. */
const replyOf = (message: Message | null, reply: z.ZodType): z.ZodType =>
  message?.subject === 'tenants.create' && reply instanceof z.ZodObject ? (reply.shape['tenant'] as z.ZodType) : reply;

function successesOf({ method, terms }: Route): ZodOpenApiOperationObject['responses'] {
  const { message, statuses, reply: own, otherType } = terms;
  const reply = message?.reply ?? own;
  const schema = reply && replyOf(message, reply);
  const other = otherType ? { [otherType]: { schema: z.string() } } : {};
  const content =
    schema && message?.status !== 204
      ? { content: { 'application/json': { schema, example: exampleOf(schema, 'output') }, ...other } }
      : {};
  const found = statuses ?? [message?.status ?? 200];
  const answers = found.map((status) => {
    return [String(status), { description: 'Success', headers: headersOfSuccess(status, terms), ...content }] as const;
  });
  const notModified = {
    description: 'If-None-Match names the present version',
    headers: headersOfSuccess(304, terms),
  };
  return { ...Object.fromEntries(answers), ...(isTagged(terms) && method === 'get' ? { 304: notModified } : {}) };
}

/** Every PATCH is a merge patch (RFC 7396), also where it is sent as plain JSON. */
function bodyOf(schema: z.ZodObject, method: Route['method']): ZodOpenApiRequestBodyObject {
  const media = { schema, example: exampleOf(schema, 'input') };
  const asPatch = method === 'patch' ? { 'application/merge-patch+json': media } : {};
  return { required: true, content: { 'application/json': media, ...asPatch } };
}

function requestOf(route: Route): Partial<ZodOpenApiOperationObject> {
  const { method, path, terms } = route;
  const { message, hidden = [] } = terms;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const request = message?.request instanceof z.ZodObject ? message.request : undefined;
  const rest = request && without(request, [...inPath, ...hidden]);
  const takesBody = method !== 'get' && (method !== 'delete' || terms.takesBody === true);
  // The schema itself where nothing of it comes from elsewhere: it has a name of its own.
  const body = request && inPath.length + hidden.length === 0 ? request : rest;
  const hasFields = rest && Object.keys(rest.shape).length > 0;
  return {
    requestParams: {
      ...(inPath.length > 0
        ? { path: z.object(Object.fromEntries(inPath.map((name) => [name, request?.shape[name] ?? z.string()]))) }
        : {}),
      ...(hasFields && !takesBody ? { query: rest } : {}),
      ...requestHeadersOf(route),
    },
    ...(hasFields && body && takesBody ? { requestBody: bodyOf(body, method) } : {}),
  };
}

/** What the document says of one route. `x-permission` is what its caller must be allowed to do. */
export function operationOf(route: Route): ZodOpenApiOperationObject {
  const { name, terms } = route;
  const { message, summary } = terms;
  const needs = message?.needs ?? 'public';
  return {
    operationId: name,
    summary,
    tags: [name.split('.', 1)[0] ?? ''],
    ...(message ? { description: `Needs: \`${needs}\`` } : {}),
    'x-permission': needs,
    security: !message || needs === 'public' ? [] : [{ [isPlatform(message) ? 'operatorKey' : 'accessToken']: [] }],
    ...requestOf(route),
    responses: { ...successesOf(route), ...problemResponses(route) },
  };
}
