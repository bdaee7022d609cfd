import { controlPlanes, type Inventory } from '../inventory/inventory.js';
import type { EtcdView } from './situation.js';

/**
 * Where a host stands in the roll-out of a live cluster; lower goes first, equals in the inventory's order. A host whose
 * etcd does not vote comes first, since mending it is what makes room for changing the others; the etcd leader comes
 * last of the control planes, so that its place is lost once, at the end; workers follow their control plane.
 */
export function rollOutRank(inventory: Inventory, { leader, voting }: EtcdView, host: string): number {
  if (!controlPlanes(inventory).some(({ name }) => name === host)) return 3;
  if (host === leader) return 2;
  return voting.includes(host) ? 1 : 0;
}

/**
 * Every host of the inventory in the order in which a live cluster's roll-out takes them. Of those that stand alike, one
 * whose controller manager or scheduler holds its lease goes later, for the same reason as the leader. Pure.
 */
export const rollOutOrder = (
  inventory: Inventory,
  etcd: EtcdView,
  leaseHolders: readonly string[],
): readonly string[] => {
  const place = (host: string) =>
    2 * rollOutRank(inventory, etcd, host) + (leaseHolders.includes(host) ? 1 : 0);
  return inventory.spec.hosts.map(({ name }) => name).sort((a, b) => place(a) - place(b));
};
