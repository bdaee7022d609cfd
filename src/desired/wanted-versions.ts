import type { Inventory } from '../inventory/inventory.js';
import { etcdTag } from './images.js';

/** The versions that an inventory asks for, as the operator's record keeps them. */
export const wantedVersions = (
  inventory: Inventory,
): { readonly kubernetes: string; readonly etcd: string } => ({
  kubernetes: inventory.spec.kubernetesVersion,
  etcd: etcdTag(inventory),
});
