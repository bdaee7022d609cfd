import type { DesiredInput } from '../desired.js';
import { isControlPlane } from '../host-input.js';
import type { ApiObject } from '../resource.js';

const controlPlaneLabels = {
  'node-role.kubernetes.io/control-plane': '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
};

/**
 * The labels of each node that has some, and its part of the pods' network where podstrap gives it one. Only labels: taints are set when the node is registered, and belong to whoever
 * changes them afterwards.
 */
export const nodes = ({ inventory, settled }: DesiredInput): readonly ApiObject[] =>
  inventory.spec.hosts.flatMap((host) => {
    const labels = { ...(isControlPlane(host) ? controlPlaneLabels : {}), ...host.labels };
    const podCIDRs =
      inventory.spec.networking.plugin === 'routes' ? (settled.pods[host.name]?.networks ?? []) : [];
    if (Object.keys(labels).length === 0 && podCIDRs.length === 0) return [];
    return [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: host.name, labels },
        ...(podCIDRs.length === 0 ? {} : { spec: { podCIDR: podCIDRs[0], podCIDRs } }),
      },
    ];
  });
