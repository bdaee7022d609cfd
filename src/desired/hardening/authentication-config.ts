import type { Inventory } from '../../inventory/inventory.js';
import { canonicalYaml } from '../canonical-yaml.js';

/** As probes of the kubelet, HAProxy and other balancers ask; paths are exact. */
const healthPaths = ['/livez', '/readyz', '/healthz'];

/**
 * The AuthenticationConfiguration of the API servers.
 * @param onlyHealth false: anonymous requests are for a flag of the user's, or for the API server's default, to decide
 */
export const authenticationConfig = ({ spec }: Inventory, onlyHealth: boolean): string =>
  canonicalYaml({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    ...(onlyHealth
      ? { anonymous: { enabled: true, conditions: healthPaths.map((path) => ({ path })) } }
      : {}),
    ...(spec.authentication === undefined || spec.authentication.jwt.length === 0
      ? {}
      : { jwt: spec.authentication.jwt }),
  });
