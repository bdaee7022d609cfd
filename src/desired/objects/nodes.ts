import type { DesiredInput } from '../desired.js';
import { isControlPlane } from '../host-input.js';
import type { ApiObject } from '../resource.js';

const controlPlaneLabels = {
  'node-role.kubernetes.io/control-plane': '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
};

/**
 * Labels and annotations of each node, and its part of the pods' network where podstrap gives it one. They are applied
 * server-side, so the API remembers which of them podstrap set: those that leave the inventory go, all others stay. Taints
 * are set when the node is registered, and belong to whoever changes them afterwards: their list has one owner as a whole,
 * and the node's own controllers write it.
 */
export const nodes = ({ inventory, settled }: DesiredInput): readonly ApiObject[] =>
  inventory.spec.hosts.map((host) => {
    const labels = { ...(isControlPlane(host) ? controlPlaneLabels : {}), ...host.labels };
    const podCIDRs =
      inventory.spec.networking.plugin === 'routes' ? (settled.pods[host.name]?.networks ?? []) : [];
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: host.name,
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
        ...(Object.keys(host.annotations).length === 0 ? {} : { annotations: host.annotations }),
      },
      ...(podCIDRs.length === 0 ? {} : { spec: { podCIDR: podCIDRs[0], podCIDRs } }),
    };
  });
