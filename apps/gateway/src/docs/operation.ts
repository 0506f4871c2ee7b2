import type { Message } from '@tenantry/contracts';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiRequestBodyObject } from 'zod-openapi';
import { isPlatform } from '../route.js';
import { exampleOf } from './example.js';
import { headersOfSuccess, isTagged, requestHeadersOf } from './headers.js';
import { problemResponses } from './problems.js';
import { requestExamples } from './request-examples.js';
import type { Route } from './routes.js';
import { tagOf } from './tags.js';

const without = (schema: z.ZodObject, names: readonly string[]): z.ZodObject =>
  z.strictObject(Object.fromEntries(Object.entries(schema.shape).filter(([name]) => !names.includes(name))));

/**
 * A page that lets people try an operation sends what has an example: a filter or a condition that nobody asked for. So what may be left
 * out has none.
 */
const withoutOptionalExamples = ({ shape }: z.ZodObject): z.ZodObject =>
  z.strictObject(
    Object.fromEntries(
      Object.entries<z.ZodType>(shape).map(([name, field]) => {
        const override = ({ jsonSchema }: { jsonSchema: { examples?: unknown } }): void => {
          delete jsonSchema.examples;
        };
        return [name, field.safeParse(undefined).success ? field.meta({ ...field.meta(), override }) : field];
      }),
    ),
  );

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
function bodyOf(schema: z.ZodObject, { name, method }: Route): ZodOpenApiRequestBodyObject {
  const media = { schema, example: requestExamples[name] ?? exampleOf(schema, 'input') };
  const asPatch = method === 'patch' ? { 'application/merge-patch+json': media } : {};
  // A POST of which all is left to what is usual may come without.
  const required = method !== 'post' || !schema.safeParse({}).success;
  return { required, content: { 'application/json': media, ...asPatch } };
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
      ...(hasFields && !takesBody ? { query: withoutOptionalExamples(rest) } : {}),
      ...requestHeadersOf(route),
    },
    ...(hasFields && body && takesBody ? { requestBody: bodyOf(body, route) } : {}),
  };
}

/** What the document says of one route. `x-permission` is what its caller must be allowed to do. */
export function operationOf(route: Route): ZodOpenApiOperationObject {
  const { name, terms } = route;
  const { message, summary } = terms;
  const needs = message?.needs ?? 'public';
  const isOpen = !message || needs === 'public';
  return {
    operationId: name,
    summary,
    tags: [tagOf(route)],
    description: isOpen
      ? 'For anyone, without a token.'
      : needs === 'authenticated'
        ? 'For whoever is logged in.'
        : `Needs: \`${needs}\``,
    'x-permission': needs,
    security: isOpen ? [] : [{ [isPlatform(message) ? 'operatorKey' : 'accessToken']: [] }],
    ...requestOf(route),
    responses: { ...successesOf(route), ...problemResponses(route) },
  };
}
