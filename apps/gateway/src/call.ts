import type { TenantEntry } from '@tenantry/contracts';
import type { Caller, EdgeSpan } from '@tenantry/service-kit';
import type { FastifyRequest } from 'fastify';

/** Who sent the request, as its token or key says. */
export interface Identity {
  readonly caller: Caller;
  /** Seconds since the epoch after which nothing may be done in its name. */
  readonly expiresAt: number;
}

/** What the pipeline finds out about one request, step by step. */
export interface Call {
  readonly requestId: string;
  /** The client's own; where traces are made, that of our span, its child. */
  traceparent: string | undefined;
  /** Where traces are made: the request's, from its first byte to its answer. */
  span?: EdgeSpan | undefined;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly deadlineAt: number;
  /** Milliseconds that its limits have waited for Redis so far. */
  limitsWaitedMs: number;
  /** After the token step, where the route is not public. */
  identity: Identity | undefined;
  /** After the tenant step, where the route belongs to a tenant. */
  tenant: TenantEntry | undefined;
  /** After the tenant step: what the request calls its tenant, whether or not there is one; undefined for what no tenant can be called. */
  named: string | undefined;
}

/** A request on its way through the pipeline. */
export type GatewayRequest = FastifyRequest & { call: Call };

/**
 * The longest that the gateway asks about a caller on the way, in milliseconds: about the key, the roles and the tenant one after the other,
 * all within the request's own deadline.
 */
export const lookUpMs = 1600;
