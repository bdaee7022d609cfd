import { paths } from '../../host/paths.js';
import { authorityPlace } from '../../pki/certificate-places.js';
import { readYaml } from '../../read-yaml.js';
import type { HostInput } from '../host-input.js';
import { loadBalancerImage } from '../images.js';
import { loadBalancer } from '../load-balancer.js';
import { loopbackFor } from '../network.js';
import { applyPatches } from '../patches/apply-patches.js';
import { render } from '../templates.js';
import type { Pod } from './customise.js';
import { labelled, type Manifest } from './manifest.js';

/**
 * The manifest of a worker's balancer. Its container looks every two seconds whether it has another configuration or
 * authority, and has HAProxy load it: the old process keeps the connections that it has, a new one takes the next.
 * @throws Failure `inventory` when a patch does not fit
 */
export function balancerManifest({ inventory, host }: HostInput): Manifest {
  const text = render('haproxy.yaml', {
    image: loadBalancerImage(inventory),
    folder: paths.balancer,
    config: paths.balancerConfig,
    pki: paths.pki,
    authority: authorityPlace('ca').certificate,
    probeHost: loopbackFor(host.advertiseAddress),
    healthPort: inventory.spec.loadBalancer.healthPort,
  });
  const pod = applyPatches(readYaml(text), loadBalancer, inventory.patches) as Pod;
  return labelled(pod, new Map());
}
