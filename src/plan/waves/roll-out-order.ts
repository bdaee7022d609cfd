import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import type { EtcdView } from '../../observed/views/etcd-view.js';
import type { Situation } from '../situation.js';

/** The rank of workers: they follow their control plane. */
export const workerRank = 4;

/**
 * Where a host stands in the roll-out of a live cluster; lower goes first, equals in the inventory's order. A host whose
 * etcd does not vote comes first, since mending it is what makes room for changing the others; the etcd leader comes
 * last of the other control planes, so that its place is lost once, at the end. Only the host that has the virtual
 * address comes later: what it hands over then stays where it goes, and clients lose their connections once, while
 * leadership of etcd moves without anybody noticing.
 */
export function rollOutRank(
  inventory: Inventory,
  { leader, voting }: EtcdView,
  host: string,
  addressHolder?: string,
): number {
  if (!controlPlanes(inventory).some(({ name }) => name === host)) return workerRank;
  if (!voting.includes(host) && host !== leader) return 0;
  if (host === addressHolder) return 3;
  return host === leader ? 2 : 1;
}

/**
 * Every host of the inventory in the order in which a live cluster's roll-out takes them. Of those that stand alike, one
 * whose controller manager or scheduler holds its lease goes later, for the same reason as the leader. Pure.
 */
export const rollOutOrder = (
  inventory: Inventory,
  { etcd, leaseHolders, addressHolder }: Omit<Situation & { kind: 'live' }, 'kind'>,
): readonly string[] => {
  const place = (host: string) =>
    2 * rollOutRank(inventory, etcd, host, addressHolder) + (leaseHolders.includes(host) ? 1 : 0);
  return inventory.spec.hosts.map(({ name }) => name).sort((a, b) => place(a) - place(b));
};
