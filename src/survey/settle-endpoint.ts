import { splitEndpoint } from '../inventory/formats.js';
import { apiServerOn, controlPlanes, endpointOf, type Inventory } from '../inventory/inventory.js';
import type { ClusterRecord } from '../observed/facts.js';
import { type Situation, votingIn } from '../plan/situation.js';

/**
 * Where everyone outside a control plane finds the API: what the inventory says, else what was settled, but for a virtual
 * address that nobody holds any more. The address of a control plane that has left, or has another one now, gives way to
 * that of one which stays: one whose etcd votes, the first of them. Pure.
 */
export function settleEndpoint(
  inventory: Inventory,
  record: Pick<ClusterRecord, 'endpoint' | 'hosts' | 'virtualAddress'> | undefined,
  situation: Situation,
): string {
  const settled = record?.endpoint;
  const { controlPlaneEndpoint, virtualAddress } = inventory.spec;
  if (controlPlaneEndpoint !== undefined || virtualAddress !== undefined || settled === undefined)
    return endpointOf(inventory);
  const { virtualAddress: earlier } = record ?? {};
  if (earlier !== undefined && splitEndpoint(settled)?.host === earlier) return endpointOf(inventory);
  // By the address alone: the port is that of the API servers, which may be another one by now.
  const isAt = ({ advertiseAddress }: { readonly advertiseAddress: string }) =>
    splitEndpoint(settled)?.host === advertiseAddress;
  const hosts = controlPlanes(inventory);
  if (!(record?.hosts ?? []).some(isAt)) return settled;
  const voting = votingIn(situation);
  const stays = hosts.find(isAt) ?? hosts.find(({ name }) => voting.includes(name)) ?? hosts[0]!;
  return apiServerOn(inventory, stays);
}
