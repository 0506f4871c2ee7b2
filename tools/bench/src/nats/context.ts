import { CommonConfig, startProcess, type KitProcess } from '@tenantry/service-kit';
import { tenantId } from './echo.ts';

/** Well under a statement's lifetime: one is signed, used by many requests, and signed again, as the gateway does it. */
const renewEveryMs = 25_000;

/** A gateway's part of the kit, and a signed context that stays fresh. */
export interface Asker {
  readonly kit: KitProcess<object>;
  readonly context: () => string;
}

export async function startAsker(): Promise<Asker> {
  const kit = await startProcess('gateway', CommonConfig);
  const { signer } = kit;
  if (!signer) throw new Error('the gateway signs contexts');
  const sign = (): Promise<string> =>
    signer.sign({
      audience: 'products',
      sub: `user:${tenantId}`,
      tenant: tenantId,
      session: tenantId,
      permissions: ['products:read', 'products:write'],
    });
  let context = await sign();
  setInterval(() => void sign().then((fresh) => (context = fresh)), renewEveryMs).unref();
  return { kit, context: () => context };
}
