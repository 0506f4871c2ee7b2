import { AsyncLocalStorage } from 'node:async_hooks';
import { NoTenant } from './errors.js';
import type { Scope } from './scope.js';

/** Private to the library: whoever could set it could choose a tenant. */
const scopes = new AsyncLocalStorage<Scope>();

export const runInScope = <Result>(scope: Scope, work: () => Result): Result => scopes.run(scope, work);

/** @throws NoTenant */
export function currentScope(): Scope {
  const scope = scopes.getStore();
  if (scope === undefined) throw new NoTenant();
  return scope;
}
