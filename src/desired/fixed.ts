import type { Inventory } from '../inventory/inventory.js';

/** What an inventory says once and for all: hosts and pods out there hold it, and nothing could change it in all of them. */
export interface Fixed {
  readonly clusterName: string;
  readonly dnsDomain: string;
  readonly serviceSubnet: string;
  /** Absent where no node gets a network for its pods. */
  readonly podSubnet?: string;
  /** Who connects the pods, where podstrap does. */
  readonly plugin?: 'routes';
  readonly etcdDataDir: string;
}

export function fixedOf({ spec }: Inventory): Fixed {
  const { dnsDomain, serviceSubnet, podSubnet, plugin } = spec.networking;
  return {
    clusterName: spec.clusterName,
    dnsDomain,
    serviceSubnet,
    ...(podSubnet === undefined ? {} : { podSubnet }),
    ...(plugin === 'routes' ? { plugin } : {}),
    etcdDataDir: spec.etcd.local.dataDir,
  };
}
