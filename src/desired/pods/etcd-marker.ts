import { createHash } from 'node:crypto';
import type { Inventory } from '../../inventory/inventory.js';
import type { Birth } from '../settled.js';

/**
 * The file that says that an etcd member was born in this data directory, and how; it holds the cluster's id. podstrap
 * writes it once, at the member's birth, and etcd's manifest demands it: where the data is lost the kubelet does not
 * start etcd, so that an empty etcd never starts as a new cluster beside the living one. The name follows the birth, so
 * that a manifest which founds a cluster cannot start in a data directory that was made for joining one.
 */
export const etcdMarkerPath = ({ spec }: Inventory, { initialCluster, state }: Birth): string =>
  `${spec.etcd.local.dataDir}/member/podstrap-${state}-${createHash('sha256').update(initialCluster).digest('hex').slice(0, 8)}`;

/** etcd's database, which is there once a member has been born. */
export const etcdDatabase = (dataDir: string): string => `${dataDir}/member/snap/db`;

/** Shell pattern of every marker's name, beside `member/` of the data directory. */
export const etcdMarkerPattern = 'podstrap-*';
