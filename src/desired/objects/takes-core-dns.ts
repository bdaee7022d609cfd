import type { Host } from '../../inventory/inventory.js';
import { taintsOf } from '../node/kubelet-config.js';

export const controlPlaneTaintKey = 'node-role.kubernetes.io/control-plane';

/** Whether CoreDNS may run on a host: it tolerates kubeadm's taint of control planes, and no other. */
export const takesCoreDns = (host: Host): boolean =>
  taintsOf(host).every(({ key, effect }) => key === controlPlaneTaintKey || effect === 'PreferNoSchedule');
