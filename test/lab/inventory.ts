import { dump } from 'js-yaml';
import type { LabHost } from './hosts.js';
import type { Machines } from './settings.js';

/** A host as the inventory has it; a control plane, unless `roles` says otherwise. */
export interface InventoryHost extends LabHost {
  readonly roles?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface LabInventory {
  /** Default: `lab`. */
  readonly machines?: Machines;
  readonly hosts: readonly InventoryHost[];
  readonly identityFile: string;
  readonly kubernetesVersion: string;
  /** The inventory's `artifacts` block, such as the mirrors of the local upstream. */
  readonly artifacts?: Readonly<Record<string, unknown>>;
  readonly ssh?: Readonly<Record<string, unknown>>;
  /** More fields of `spec`, over everything else. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** How a kubelet runs on them: their disk is that of the machine, of which others need most. */
export const kubeletOnTheseHosts = {
  cgroupDriver: 'cgroupfs',
  failSwapOn: false,
  failCgroupV1: false,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '1%',
    'imagefs.available': '1%',
    'imagefs.inodesFree': '1%',
  },
};

/** How a containerd runs on them: nobody here may lower the score of a pod. */
export const containerdOnTheseHosts = {
  config: { plugins: { 'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true } } },
  unit: { Service: { OOMScoreAdjust: '' } },
};

/** How a kube-proxy runs on them: the limits are those of the machine's own kernel, which no host may set. */
export const kubeProxyOnTheseHosts = {
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
};

/**
 * What is special about hosts, as any user with special hosts would say it. Those in namespaces: cgroup v1 without
 * systemd's driver, a machine with swap accounting of its own, and no right to lower an OOM score. A machine of its own
 * has nothing that is special.
 */
const special: Readonly<Record<Machines, Readonly<Record<string, unknown>>>> = {
  lab: {
    kubelet: { config: kubeletOnTheseHosts, unit: { Service: { OOMScoreAdjust: '' } } },
    containerd: containerdOnTheseHosts,
    kubeProxy: { config: kubeProxyOnTheseHosts },
  },
  vm: {},
};

/** A cluster on such hosts, as the text of its inventory file. */
export function labInventory(wanted: LabInventory): string {
  const { machines = 'lab' } = wanted;
  return dump({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'lab' },
    spec: {
      kubernetesVersion: wanted.kubernetesVersion,
      ssh: {
        user: 'root',
        identityFile: wanted.identityFile,
        identitiesOnly: true,
        configFile: 'none',
        ...(machines === 'lab' ? { connectTimeout: '5s' } : {}),
        ...wanted.ssh,
      },
      hosts: wanted.hosts.map(({ ip, ipv6: _, ...host }) => ({
        address: ip,
        roles: ['control-plane'],
        ...host,
      })),
      ...special[machines],
      ...(wanted.artifacts === undefined ? {} : { artifacts: wanted.artifacts }),
      ...wanted.spec,
    },
  });
}
