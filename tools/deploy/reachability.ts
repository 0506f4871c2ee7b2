import { BlockList } from 'node:net';
import type { Resource } from './kustomize.ts';

type Labels = Readonly<Record<string, string>>;
interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}
interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: string[] };
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { protocol: string; port: number }[];
}
interface Policy extends Resource {
  spec: { podSelector: Selector; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] };
}

/** Somebody who may talk, or be talked to. */
export interface Party {
  readonly name: string;
  readonly labels: Labels;
  /** Of another namespace, whose policies are not ours. */
  readonly namespace?: string;
  /** Of no pod. A block of addresses is for those alone: whether it holds for pods, too, plugins see differently. */
  readonly address?: string;
}

const own = 'tenantry';
/** Whose own restrictions are not ours. */
const isOutside = ({ namespace, address }: Party): boolean => namespace !== undefined || address !== undefined;

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator === 'In') return values.includes(labels[key] ?? '');
      if (operator === 'Exists') return key in labels;
      throw new Error(`the operator ${operator} is not understood`);
    })
  );
}

function holds(cidrs: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix] = cidr.split('/');
    list.addSubnet(network, Number(prefix), 'ipv4');
  }
  return list.check(address, 'ipv4');
}

function isPeer({ ipBlock, ...peer }: Peer, { labels, namespace = own, address }: Party): boolean {
  if (address !== undefined)
    return ipBlock !== undefined && holds([ipBlock.cidr], address) && !holds(ipBlock.except ?? [], address);
  if (ipBlock) return false;
  const isThere = peer.namespaceSelector
    ? selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': namespace })
    : namespace === own;
  return isThere && selects(peer.podSelector ?? {}, labels);
}

function portsBetween(policies: readonly Policy[], subject: Party, other: Party, direction: 'ingress' | 'egress') {
  const type = direction === 'ingress' ? 'Ingress' : 'Egress';
  const about = policies.filter(
    ({ spec }) => spec.policyTypes.includes(type) && selects(spec.podSelector, subject.labels),
  );
  // Whom no policy selects, nobody restricts.
  if (isOutside(subject) || about.length === 0) return undefined;
  const rules = about.flatMap(({ spec }) => spec[direction] ?? []);
  const matching = rules.filter((rule) => (rule.from ?? rule.to ?? []).some((peer) => isPeer(peer, other)));
  return new Set(matching.flatMap(({ ports = [] }) => ports.map(({ protocol, port }) => `${protocol} ${port}`)));
}

/** Every `from -> to: TCP port` that the policies let through, at both ends; sorted. */
export function reachable(resources: readonly Resource[], parties: readonly Party[]): string[] {
  const policies = resources.filter(({ kind }) => kind === 'NetworkPolicy') as Policy[];
  const edges = parties.flatMap((from) =>
    parties.flatMap((to) => {
      if (isOutside(from) && isOutside(to)) return [];
      const out = portsBetween(policies, from, to, 'egress');
      const into = portsBetween(policies, to, from, 'ingress');
      if (!out && !into) return [`${from.name} -> ${to.name}: everything`];
      const ports = out && into ? [...out].filter((port) => into.has(port)) : [...(out ?? into ?? [])];
      return ports.map((port) => `${from.name} -> ${to.name}: ${port}`);
    }),
  );
  return edges.sort();
}
