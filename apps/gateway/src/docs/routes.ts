import { RequestMethod, type Type } from '@nestjs/common';
import { type RouteTerms, termsOf } from '../route.js';

/** A route as it was declared. */
export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters in braces: `/v1/products/{id}`. */
  readonly path: string;
  /** Names the operation: `Products.list`. */
  readonly name: string;
  readonly terms: RouteTerms;
}

// Nest keeps what @Controller and @Get say under these keys.
const pathKey = 'path';
const methodKey = 'method';

const join = (...parts: string[]): string =>
  `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`.replaceAll(/:(\w+)/g, '{$1}');

function routesOf(controller: Type): Route[] {
  const prefix = Reflect.getMetadata(pathKey, controller) as string;
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const path = handler && (Reflect.getMetadata(pathKey, handler) as string | undefined);
    if (name === 'constructor' || !handler || path === undefined) return [];
    const method = RequestMethod[Reflect.getMetadata(methodKey, handler) as number]?.toLowerCase() as Route['method'];
    const terms = termsOf(handler);
    if (!terms)
      throw new TypeError(`${controller.name}.${name} says neither which message it asks nor that it is open`);
    const needs = terms.message?.needs ?? 'public';
    if (needs === 'service' || needs.startsWith('system:')) {
      throw new TypeError(`${controller.name}.${name} asks ${terms.message?.subject}, which is for services only`);
    }
    return [{ method, path: join(prefix, path), name: `${controller.name.replace('Controller', '')}.${name}`, terms }];
  });
}

/**
 * All routes of these controllers.
 * @throws TypeError for a route that does not say who may call it: the gateway does not start with one.
 */
export const allRoutes = (controllers: readonly Type[]): Route[] => controllers.flatMap(routesOf);
