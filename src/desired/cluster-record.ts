import { paths } from '../host/paths.js';
import { hasApi } from '../inventory/inventory.js';
import type { DesiredInput } from './desired-input.js';
import { fixedOf } from './fixed.js';
import type { FileResource } from './resource.js';

/** What every host remembers of its cluster: enough to tell whose it is when the operator's memory is lost. */
export function clusterRecord({
  inventory,
  members,
  settled,
}: Pick<DesiredInput, 'inventory' | 'members' | 'settled'>): FileResource {
  const names = new Set((members ?? inventory.spec.hosts).map(({ name }) => name));
  const ofThose = <T>(byHost: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(byHost).filter(([name]) => names.has(name)));
  const base = { kind: 'file', phase: 'peers', path: paths.clusterRecord, mode: 0o600 } as const;
  if (!hasApi(inventory)) {
    const own = { fleet: inventory.metadata.name, clusterId: settled.clusterId };
    return {
      ...base,
      because: 'a host knows which fleet it belongs to',
      content: `${JSON.stringify(own, null, 2)}\n`,
    };
  }
  return {
    ...base,
    because: 'a host knows which cluster it belongs to',
    content: `${JSON.stringify(
      {
        cluster: inventory.metadata.name,
        clusterId: settled.clusterId,
        endpoint: settled.endpoint,
        etcd: ofThose(settled.etcd),
        proxyMode: settled.proxyMode,
        ...(settled.virtualAddress === undefined ? {} : { virtualAddress: settled.virtualAddress }),
        ...(Object.keys(settled.pods).length === 0 ? {} : { pods: ofThose(settled.pods) }),
        ...(settled.defaults === undefined ? {} : { defaults: settled.defaults }),
        fixed: fixedOf(inventory),
      },
      null,
      2,
    )}\n`,
  };
}
