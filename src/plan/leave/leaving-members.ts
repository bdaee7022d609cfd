import { peerUrl } from '../../desired/settled.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import type { EtcdView } from '../../observed/views/etcd-view.js';
import type { LeavingMember } from './leave-steps.js';

/**
 * Members of etcd whose host is not in the inventory. One that has not started yet has no name, and is told by its
 * address. A control plane that became a worker is none of them: that is refused; see refuse-removals.ts. Pure.
 */
export function leavingMembers(inventory: Inventory, { members }: EtcdView): readonly LeavingMember[] {
  const names = inventory.spec.hosts.map(({ name }) => name);
  const urls = controlPlanes(inventory).map(peerUrl);
  return members
    .filter(({ name, peerUrls }) =>
      name === '' ? !peerUrls.some((url) => urls.includes(url)) : !names.includes(name),
    )
    .map(({ id, name, peerUrls }) => ({ id, name: name === '' ? (peerUrls[0] ?? id) : name }));
}
