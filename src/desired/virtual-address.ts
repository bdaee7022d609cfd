import type { Inventory } from '../inventory/inventory.js';

/** The lease in kube-system whose holder has the virtual address; kube-vip's own name for it, which runbooks know. */
export const virtualAddressLease = 'plndr-cp-lock';

/** Who asks for that lease: the common name in the kubeconfig of the pod. */
export const virtualAddressUser = 'kube-vip';

/** The address as a settled fact; none where the control planes hold none. */
export const settledVirtualAddress = ({ spec }: Inventory): { readonly virtualAddress?: string } =>
  spec.virtualAddress === undefined ? {} : { virtualAddress: spec.virtualAddress.address };
