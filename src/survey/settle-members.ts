import type { PodNetworksByHost } from '../desired/node/pod-networks.js';
import { settledVirtualAddress } from '../desired/pods/virtual-address.js';
import { bornTogether, type Settled } from '../desired/settled.js';
import { birthRows } from '../inventory/hardening/rows.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ClusterRecord, HostFacts } from '../observed/facts.js';
import { proxyModeOf } from '../observed/views/proxy-mode-of.js';
import type { EtcdArrival, Situation } from '../plan/situation.js';
import { settleEndpoint } from './settle-endpoint.js';

/** A cluster has those with which it was made; one that is made now has those of now. */
function defaultsOf(
  record: Pick<ClusterRecord, 'defaults'> | undefined,
  situation: Situation,
): Pick<Settled, 'defaults'> {
  if (record !== undefined) return record.defaults === undefined ? {} : { defaults: record.defaults };
  return situation.kind === 'new' ? { defaults: birthRows } : {};
}

/** What was settled before, completed by the members that come into being in this run. */
export function settleMembers(
  inventory: Inventory,
  clusterId: string,
  record:
    | Pick<ClusterRecord, 'endpoint' | 'etcd' | 'proxyMode' | 'hosts' | 'virtualAddress' | 'defaults'>
    | undefined,
  situation: Situation,
  arrivals: ReadonlyMap<string, EtcdArrival>,
  pods: PodNetworksByHost,
  facts: ReadonlyMap<string, HostFacts>,
): Settled {
  const together = bornTogether(inventory);
  const joining = [...arrivals].flatMap(([host, arrival]) =>
    arrival.kind === 'join' ? [[host, arrival.birth]] : [],
  );
  return {
    clusterId,
    endpoint: settleEndpoint(inventory, record, situation),
    etcd: { ...together, ...record?.etcd, ...Object.fromEntries(joining) },
    pods,
    proxyMode: record?.proxyMode ?? proxyModeOf([...facts.values()]),
    ...settledVirtualAddress(inventory, record?.virtualAddress),
    ...defaultsOf(record, situation),
  };
}
