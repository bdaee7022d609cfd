import { kindOf } from '../../inventory/host-kinds.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import type { DesiredInput } from '../desired-input.js';
import { taintsOf } from '../node/kubelet-config.js';
import { taintsAnnotation, taintsText } from '../node/taints.js';

/**
 * Labels and annotations of each node, and its part of the pods' network where podstrap gives it one. They are applied
 * server-side, so the API remembers which of them podstrap set: those that leave the inventory go, all others stay. Of
 * taints an annotation remembers it.
 */
export const nodes = ({ inventory, settled }: DesiredInput): readonly ApiObject[] =>
  inventory.spec.hosts.map((host) => {
    const labels = { ...kindOf(host).labels, ...host.labels };
    const taints = taintsText(taintsOf(host));
    const annotations = { ...host.annotations, ...(taints === '' ? {} : { [taintsAnnotation]: taints }) };
    const podCIDRs =
      inventory.spec.networking.plugin === 'routes' ? (settled.pods[host.name]?.networks ?? []) : [];
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: host.name,
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
      ...(podCIDRs.length === 0 ? {} : { spec: { podCIDR: podCIDRs[0], podCIDRs } }),
    };
  });
