import { loopbackFor } from '../../host/network.js';
import { paths } from '../../host/paths.js';
import { authorityPlace } from '../../pki/certificate-places.js';
import type { HostInput } from '../host-input.js';
import type { Values } from '../templates.js';

/**
 * What templates/haproxy.yaml.hbs is filled with. Its container looks every two seconds whether it has another
 * configuration or authority, and has HAProxy load it: the old process keeps the connections that it has, a new one takes
 * the next.
 */
export const balancerValues = ({ inventory, host }: HostInput): Values => ({
  folder: paths.balancer,
  config: paths.balancerConfig,
  pki: paths.pki,
  authority: authorityPlace('ca').certificate,
  probeHost: loopbackFor(host.advertiseAddress),
  healthPort: inventory.spec.loadBalancer.healthPort,
});
