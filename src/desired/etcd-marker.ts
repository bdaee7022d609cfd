import type { Inventory } from '../inventory/inventory.js';

/**
 * The file that says that an etcd member was born in this data directory; it holds the cluster's id. podstrap writes it
 * once, at the member's birth, and etcd's manifest demands it: where the data is lost the kubelet does not start etcd,
 * so that an empty etcd never starts as a new cluster beside the living one.
 */
export const etcdMarkerPath = ({ spec }: Inventory): string =>
  `${spec.etcd.local.dataDir}/member/podstrap-cluster`;
