import type { Host } from '../../inventory/inventory.js';
import { isControlPlane } from '../host-input.js';
import type { ApiObject } from '../resource.js';

const controlPlaneLabels = {
  'node-role.kubernetes.io/control-plane': '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
};

/**
 * The labels of each node that has some. Only labels: taints are set when the node is registered, and belong to whoever
 * changes them afterwards.
 */
export const nodes = (hosts: readonly Host[]): readonly ApiObject[] =>
  hosts.flatMap((host) => {
    const labels = { ...(isControlPlane(host) ? controlPlaneLabels : {}), ...host.labels };
    if (Object.keys(labels).length === 0) return [];
    return [{ apiVersion: 'v1', kind: 'Node', metadata: { name: host.name, labels } }];
  });
