import { apiServerOn, isControlPlane } from '../../inventory/inventory.js';
import { catalog } from '../../pki/catalog.js';
import { certificatePlace } from '../../pki/certificate-places.js';
import { certificateSpec, certificatesOf } from '../../pki/certificate-spec.js';
import type { HostInput } from '../host-input.js';
import { apiServerName, balancedEndpoint, isBalanced } from '../pods/load-balancer.js';
import type { FileResource } from '../resource.js';
import { certifiedKey } from './certified-key.js';
import { kubeconfig } from './kubeconfig.js';

/**
 * The API server that is nearest to a host: what runs on a control plane talks to the one beside it, so that both live and
 * die together; others take their balancer, or else the endpoint.
 */
function nearestServer({ inventory, host, settled }: HostInput) {
  if (isControlPlane(host)) return { endpoint: apiServerOn(inventory, host) };
  return isBalanced(inventory, host)
    ? { endpoint: balancedEndpoint(inventory, host), serverName: apiServerName }
    : { endpoint: settled.endpoint };
}

/** The kubeconfigs of a host, as secret files. @throws Failure `keystore` when a certificate is missing */
export function kubeconfigs(input: HostInput): readonly FileResource[] {
  const { inventory, host, keys, settled } = input;
  const servers = { endpoint: { endpoint: settled.endpoint }, nearest: nearestServer(input) };
  return certificatesOf(inventory, host).flatMap((name): FileResource[] => {
    const { leadsTo, because } = catalog[name]!;
    if (leadsTo === undefined) return [];
    return [
      {
        kind: 'file',
        phase: 'certificates',
        path: certificatePlace(name).certificate,
        mode: 0o600,
        content: kubeconfig({
          ...servers[leadsTo],
          cluster: inventory.spec.clusterName,
          user: certificateSpec(inventory, host, name).commonName,
          authority: keys.authorities.ca.certificate,
          client: certifiedKey(input, name),
        }),
        identity: name,
        because,
      },
    ];
  });
}
