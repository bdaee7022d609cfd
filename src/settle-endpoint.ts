import { apiServerOn, controlPlanes, endpointOf, type Inventory } from './inventory/inventory.js';
import type { ClusterRecord } from './observed/facts.js';
import type { Situation } from './plan/situation.js';

/**
 * Where everyone outside a control plane finds the API: what the inventory says, else what was settled. The address of a
 * control plane that has left, or has another one now, gives way to that of one which stays: one whose etcd votes, the
 * first of them. Pure.
 */
export function settleEndpoint(
  inventory: Inventory,
  record: Pick<ClusterRecord, 'endpoint' | 'hosts'> | undefined,
  situation: Situation,
): string {
  const settled = record?.endpoint;
  if (inventory.spec.controlPlaneEndpoint !== undefined || settled === undefined)
    return endpointOf(inventory);
  const at = (host: { readonly advertiseAddress: string }) => apiServerOn(inventory, host);
  const hosts = controlPlanes(inventory);
  const wasOurs = (record?.hosts ?? []).some((host) => at(host) === settled);
  if (!wasOurs || hosts.some((host) => at(host) === settled)) return settled;
  const voting = situation.kind === 'live' ? situation.etcd.voting : [];
  return at(hosts.find(({ name }) => voting.includes(name)) ?? hosts[0]!);
}
