import { compile } from '@fastify/proxy-addr';
import { LRUCache } from 'lru-cache';

/** Proxies are few. Whoever names many addresses, through one of them, pushes out no more than what can be worked out again. */
const maxAddresses = 1000;

/**
 * Whether an address is one of these, or of one of these networks. Each is parsed once: it is asked of the same proxies for every request.
 * @throws TypeError for what is no address.
 */
export function trustIn(proxies: readonly string[]): (address: string, hop: number) => boolean {
  const trusts = compile([...proxies]);
  const known = new LRUCache<string, boolean>({ max: maxAddresses });
  return (address, hop) => {
    let isTrusted = known.get(address);
    if (isTrusted === undefined) known.set(address, (isTrusted = trusts(address, hop)));
    return isTrusted;
  };
}
