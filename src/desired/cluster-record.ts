import { paths } from '../host/paths.js';
import { fixedOf } from './fixed.js';
import type { HostInput } from './host-input.js';
import type { FileResource } from './resource.js';

/** What a host remembers of its cluster: enough to tell whose it is when the operator's memory is lost. */
export const clusterRecord = ({ inventory, settled }: HostInput): FileResource => ({
  kind: 'file',
  phase: 'control-plane',
  because: 'a host knows which cluster it belongs to',
  path: paths.clusterRecord,
  mode: 0o600,
  content: `${JSON.stringify(
    {
      cluster: inventory.metadata.name,
      clusterId: settled.clusterId,
      endpoint: settled.endpoint,
      etcd: settled.etcd,
      proxyMode: settled.proxyMode,
      ...(Object.keys(settled.pods).length === 0 ? {} : { pods: settled.pods }),
      fixed: fixedOf(inventory),
    },
    null,
    2,
  )}\n`,
});
