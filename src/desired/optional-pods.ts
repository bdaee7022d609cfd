import { paths } from '../host/paths.js';
import { certificatePlace } from '../pki/certificate-places.js';
import { virtualAddressPod } from './component.js';
import { balancerManifestPath, loadBalancer } from './load-balancer.js';

/** A static pod that an inventory may do without: what podstrap put there for it goes when it is switched off. */
export interface OptionalPod {
  readonly name: string;
  readonly manifest: string;
  /** Files that only this pod reads. */
  readonly files: readonly string[];
  readonly goes: string;
}

/** The manifest of the pod that holds the virtual address. */
export const virtualAddressManifestPath = `${paths.manifests}/${virtualAddressPod}.yaml`;

export const optionalPods: readonly OptionalPod[] = [
  {
    name: loadBalancer,
    manifest: balancerManifestPath,
    files: [paths.balancerConfig],
    goes: 'this host has no balancer any more',
  },
  {
    name: virtualAddressPod,
    manifest: virtualAddressManifestPath,
    files: [certificatePlace(virtualAddressPod).certificate],
    goes: 'this host takes no virtual address any more',
  },
];
