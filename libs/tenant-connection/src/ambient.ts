import { AsyncLocalStorage } from 'node:async_hooks';
import { NoTenant } from './errors.js';
import type { Lease } from './lease.js';
import type { Transaction } from './transaction.js';

/** The tenant that the running code works for, and its open transaction. */
export interface Scope {
  readonly lease: Lease;
  readonly transaction: Transaction | undefined;
}

/** Private to the library: whoever could set it could choose a tenant. */
const scopes = new AsyncLocalStorage<Scope>();

export const runInScope = <Result>(scope: Scope, work: () => Result): Result => scopes.run(scope, work);

/** @throws NoTenant */
export function currentScope(): Scope {
  const scope = scopes.getStore();
  if (scope === undefined) throw new NoTenant();
  return scope;
}
