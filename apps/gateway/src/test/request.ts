import type { TenantEntry } from '@tenantry/contracts';
import type { Caller } from '@tenantry/service-kit';
import type { ExecutionContext } from '@nestjs/common';
import type { GatewayRequest } from '../call.js';

interface Given {
  readonly method?: string;
  readonly url?: string;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tenant?: TenantEntry;
  readonly caller?: Partial<Caller>;
}

const nobody: Caller = { subject: 'user:x', userId: 'x', tenantId: null, session: null, permissions: [] };

/** A request as it comes to a step of the pipeline. */
export function requestOf({ method = 'GET', url = '/', caller, tenant, ...given }: Given = {}): GatewayRequest {
  const identity = caller && { caller: { ...nobody, ...caller }, expiresAt: Number.MAX_SAFE_INTEGER };
  const call = {
    requestId: 'test-request',
    traceparent: undefined,
    deadlineAt: performance.now() + 5000,
    limitsWaitedMs: 0,
    identity,
    tenant,
    named: tenant?.slug,
  };
  return {
    method,
    url,
    query: {},
    params: {},
    headers: {},
    ip: '192.0.2.1',
    ...given,
    call,
  } as unknown as GatewayRequest;
}

/** What Nest tells a guard: the route being run, and the request. */
export const contextOf = (handler: object, request: GatewayRequest): ExecutionContext =>
  ({
    getHandler: () => handler,
    getClass: () => class Test {},
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => ({ header: () => undefined }) }),
  }) as unknown as ExecutionContext;
