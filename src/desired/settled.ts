import { Failure } from '../failure.js';
import { bracket } from '../host/bracket.js';
import { birthRows } from '../inventory/hardening/rows.js';
import { controlPlanes, endpointOf, type Host, hasApi, type Inventory } from '../inventory/inventory.js';
import { type PodNetworksByHost, podNetworks } from './node/pod-networks.js';
import { settledVirtualAddress } from './pods/virtual-address.js';

/** How an etcd member came into being. */
export interface Birth {
  /** Value of --initial-cluster: `name=https://ip:2380,…`. */
  readonly initialCluster: string;
  readonly state: 'new' | 'existing';
}

/** Facts that were decided at the first `up`, or when a member joined, and do not follow the inventory afterwards. */
export interface Settled {
  /** host:port of the API server for everyone outside a control plane. */
  readonly endpoint: string;
  /** 32 hex digits. */
  readonly clusterId: string;
  /**
   * Host name → birth of its etcd member. etcd ignores these flags once it has data, so they stay as they were:
   * a manifest must not change because another host came or went.
   */
  readonly etcd: Readonly<Record<string, Birth>>;
  /** Host name → its part of the pods' network, where podstrap connects the pods; else empty. */
  readonly pods: PodNetworksByHost;
  /** How kube-proxy writes its rules: as every kernel could that was there when the cluster was made. */
  readonly proxyMode: ProxyMode;
  /** The address that the control planes hold among themselves, or held last; absent where they never held any. */
  readonly virtualAddress?: string;
  /**
   * What hardens a cluster whose inventory names no profile: the defaults of the podstrap that made it. Absent where that
   * knew none, so that an update of podstrap changes no cluster.
   */
  readonly defaults?: readonly string[];
}

export type ProxyMode = 'nftables' | 'iptables';

/** The address at which the other members reach the etcd of `host`. */
export const peerUrl = (host: Host): string => `https://${bracket(host.advertiseAddress)}:2380`;

/** What is settled where nothing was before: the state of a first bootstrap. */
export const settledAtBirth = (inventory: Inventory, clusterId: string): Settled => ({
  clusterId,
  endpoint: endpointOf(inventory),
  etcd: bornTogether(inventory),
  pods: podNetworks({ inventory, before: {} }),
  proxyMode: 'nftables',
  ...settledVirtualAddress(inventory),
  ...(hasApi(inventory) ? { defaults: birthRows } : {}),
});

/** The births of a first bootstrap: all control planes at once, each told of all the others. */
export function bornTogether(inventory: Inventory): Settled['etcd'] {
  const hosts = controlPlanes(inventory);
  const initialCluster = hosts.map((host) => `${host.name}=${peerUrl(host)}`).join(',');
  return Object.fromEntries(hosts.map(({ name }) => [name, { initialCluster, state: 'new' as const }]));
}

/**
 * How the etcd member of `host` was born.
 * @throws Failure `internal` when nobody settled it: whoever computes desired state decides that first
 */
export function birthOf(settled: Settled, host: Host): Birth {
  const birth = settled.etcd[host.name];
  if (birth !== undefined) return birth;
  throw new Failure({
    kind: 'internal',
    doing: 'computing the manifest of etcd',
    where: { host: host.name },
    said: 'it is not settled how this member joins its cluster',
  });
}

/** What is settled without these hosts. */
export const without = (settled: Settled, names: readonly string[]): Settled => {
  const staying = <T>(byHost: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(byHost).filter(([name]) => !names.includes(name)));
  return { ...settled, etcd: staying(settled.etcd), pods: staying(settled.pods) };
};
