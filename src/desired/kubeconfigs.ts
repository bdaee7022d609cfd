import { paths } from '../host/paths.js';
import { apiServerOn } from '../inventory/inventory.js';
import { certificateSpec } from '../pki/catalog.js';
import { certifiedKey } from './certified-key.js';
import { virtualAddressPod } from './component.js';
import { type HostInput, isControlPlane } from './host-input.js';
import { kubeconfig } from './kubeconfig.js';
import { apiServerName, balancedEndpoint, isBalanced } from './load-balancer.js';
import type { FileResource } from './resource.js';

/** A kubeconfig: its name, of the file and in the catalog, and which API server it leads to. */
interface Row {
  readonly name: string;
  readonly server: 'endpoint' | 'own' | 'balancer';
  readonly because: string;
}

/** What runs on a control plane talks to the API server beside it, so that both live and die together. */
const controlPlaneRows: readonly Row[] = [
  { name: 'admin', server: 'endpoint', because: 'for administrators on this host' },
  { name: 'controller-manager', server: 'own', because: 'the identity of the controller manager' },
  { name: 'scheduler', server: 'own', because: 'the identity of the scheduler' },
  { name: 'kubelet', server: 'own', because: 'the identity of the node' },
];
const virtualAddressRow: Row = {
  name: virtualAddressPod,
  server: 'own',
  because: 'the identity of the pod that holds the virtual address',
};
const workerRows = (server: Row['server']): readonly Row[] => [
  { name: 'kubelet', server, because: 'the identity of the node' },
];

/** The kubeconfigs of a host, as secret files. @throws Failure `keystore` when a certificate is missing */
export function kubeconfigs(input: HostInput): readonly FileResource[] {
  const { inventory, host, keys, settled } = input;
  const servers = {
    endpoint: { endpoint: settled.endpoint },
    own: { endpoint: apiServerOn(inventory, host) },
    balancer: { endpoint: balancedEndpoint(inventory, host), serverName: apiServerName },
  };
  const rows = isControlPlane(host)
    ? [...controlPlaneRows, ...(inventory.spec.virtualAddress === undefined ? [] : [virtualAddressRow])]
    : workerRows(isBalanced(inventory, host) ? 'balancer' : 'endpoint');
  return rows.map(({ name, server, because }) => ({
    kind: 'file',
    phase: 'certificates',
    path: `${paths.kubernetes}/${name}.conf`,
    mode: 0o600,
    content: kubeconfig({
      ...servers[server],
      cluster: inventory.spec.clusterName,
      user: certificateSpec(inventory, host, name).commonName,
      authority: keys.authorities.ca.certificate,
      client: certifiedKey(input, name),
    }),
    identity: name,
    because,
  }));
}
