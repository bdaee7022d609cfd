import type { Inventory } from '../../inventory/inventory.js';
import type { PodName } from '../../kubernetes/pod-names.js';

/** The lease in kube-system whose holder has the virtual address; kube-vip's own name for it, which runbooks know. */
export const virtualAddressLease = 'plndr-cp-lock';

/** Name of the static pod and container that hold a virtual address. */
export const virtualAddressPod = 'kube-vip' satisfies PodName;

/** Who asks for that lease: the common name in the kubeconfig of the pod. */
export const virtualAddressUser = 'kube-vip';

/**
 * The address as a settled fact: the one that the control planes are to hold, else the one that they held last, so that
 * what that took in the API is looked for until it is gone. None where they never held any.
 */
export function settledVirtualAddress(
  { spec }: Inventory,
  earlier?: string,
): { readonly virtualAddress?: string } {
  const address = spec.virtualAddress?.address ?? earlier;
  return address === undefined ? {} : { virtualAddress: address };
}
