import { paths } from '../host/paths.js';
import { bracket } from '../inventory/inventory.js';
import { certifiedKey } from './certified-key.js';
import { type HostInput, isControlPlane } from './host-input.js';
import { kubeconfig } from './kubeconfig.js';
import type { FileResource } from './resource.js';

/** A kubeconfig: its file and catalog name, whom it is for, and which API server it names. */
interface Row {
  readonly name: string;
  readonly user: string;
  readonly server: 'endpoint' | 'own';
  readonly because: string;
}

/** A control plane's components talk to their own API server, so that they live and die with it. */
const rows = (node: string, controlPlane: boolean): readonly Row[] => [
  ...(controlPlane ? controlPlaneRows : []),
  {
    name: 'kubelet',
    user: `system:node:${node}`,
    server: controlPlane ? 'own' : 'endpoint',
    because: 'the identity of the node',
  },
];

const controlPlaneRows: readonly Row[] = [
  { name: 'admin', user: 'kubernetes-admin', server: 'endpoint', because: 'for administrators on this host' },
  {
    name: 'controller-manager',
    user: 'system:kube-controller-manager',
    server: 'own',
    because: 'the identity of the controller manager',
  },
  {
    name: 'scheduler',
    user: 'system:kube-scheduler',
    server: 'own',
    because: 'the identity of the scheduler',
  },
];

/** The kubeconfigs of a host, as secret files. @throws Failure `keystore` when a certificate is missing */
export function kubeconfigs(input: HostInput): readonly FileResource[] {
  const { inventory, host, keys, settled } = input;
  const own = `${bracket(host.advertiseAddress)}:${inventory.spec.apiServer.bindPort}`;
  return rows(host.name, isControlPlane(host)).map(({ name, user, server, because }) => ({
    kind: 'file',
    phase: 'certificates',
    path: `${paths.kubernetes}/${name}.conf`,
    mode: 0o600,
    content: kubeconfig({
      endpoint: server === 'own' ? own : settled.endpoint,
      cluster: inventory.spec.clusterName,
      user,
      authority: keys.authorities.ca.certificate,
      client: certifiedKey(input, name),
    }),
    because,
  }));
}
