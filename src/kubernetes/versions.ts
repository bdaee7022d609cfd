import { Failure } from '../failure.js';

/** What changes with the minor version of Kubernetes in the files that podstrap writes. */
export interface Behaviour {
  /** The controller manager mounts the FlexVolume plugin directory (kubeadm dropped it in 1.36). */
  readonly flexVolumes: boolean;
  /** The kubelet refuses to start on cgroup v1 unless `failCgroupV1: false` is configured (1.35). */
  readonly kubeletRefusesCgroupV1: boolean;
}

/** Everything that belongs to one release of Kubernetes. */
export interface Release {
  /** `vX.Y.Z` */
  readonly version: string;
  readonly minor: number;
  /** Image tags, without the repository. */
  readonly tags: { readonly etcd: string; readonly coredns: string; readonly pause: string };
  /** Companions on the host; versions without a leading `v`. */
  readonly containerd: string;
  readonly runc: string;
  readonly cniPlugins: string;
  /** Tag of the balancer's image, `docker.io/library/haproxy`: a branch that HAProxy keeps for years. */
  readonly haproxy: string;
  /** Tag of the image that holds a virtual address, `ghcr.io/kube-vip/kube-vip`; docs/endpoint.md says why this one. */
  readonly kubeVip: string;
  readonly behaviour: Behaviour;
}

interface Minor extends Omit<Release, 'version' | 'minor' | 'tags'> {
  /** Tags by the first patch release that carries them, oldest first. */
  readonly tags: readonly (Release['tags'] & { readonly since: number })[];
}

const companions = {
  containerd: '2.3.7',
  runc: '1.4.3',
  cniPlugins: '1.9.1',
  haproxy: '3.2.24-alpine',
  kubeVip: 'v0.9.1',
};

/**
 * The one table of Kubernetes versions: to support another one, add its row.
 * Tags are what `kubeadm config images list` of that very release prints, but for the rows of
 * docs/differences-from-kubeadm.md.
 */
const minors: Readonly<Record<number, Minor>> = {
  34: {
    ...companions,
    tags: [
      { since: 0, etcd: '3.6.4-0', coredns: 'v1.12.1', pause: '3.10.1' },
      { since: 2, etcd: '3.6.5-0', coredns: 'v1.12.1', pause: '3.10.1' },
    ],
    behaviour: { flexVolumes: true, kubeletRefusesCgroupV1: false },
  },
  35: {
    ...companions,
    tags: [{ since: 0, etcd: '3.6.6-0', coredns: 'v1.13.1', pause: '3.10.1' }],
    behaviour: { flexVolumes: true, kubeletRefusesCgroupV1: true },
  },
  36: {
    ...companions,
    // kubeadm 1.36 has 3.6.8. From there no member may be rolled to 3.7, which 1.37 brings; see etcdStepsFrom.
    tags: [{ since: 0, etcd: '3.6.11-0', coredns: 'v1.14.2', pause: '3.10.2' }],
    behaviour: { flexVolumes: false, kubeletRefusesCgroupV1: true },
  },
  37: {
    ...companions,
    tags: [{ since: 0, etcd: '3.7.0-0', coredns: 'v1.14.6', pause: '3.10.2' }],
    behaviour: { flexVolumes: false, kubeletRefusesCgroupV1: true },
  },
};

/** Minor versions of Kubernetes 1 that podstrap knows, ascending. */
export const supportedMinors: readonly number[] = Object.keys(minors).map(Number);

/** Whether `version` has the form vX.Y.Z and is of a supported minor. */
export const isSupported = (version: string): boolean => parse(version) !== undefined;

/**
 * Everything that belongs to Kubernetes `version` (`vX.Y.Z`).
 * A patch release that is newer than the table gets the tags of the newest one known.
 * @throws Failure `inventory` when the version is malformed or its minor is not supported
 */
export function release(version: string): Release {
  const parsed = parse(version);
  if (parsed === undefined)
    throw new Failure({
      kind: 'inventory',
      doing: 'looking up what belongs to a Kubernetes version',
      said: `${version} is not a supported version`,
      next: `set spec.kubernetesVersion to v1.${supportedMinors[0]}.0 … v1.${supportedMinors.at(-1)}.Z`,
    });
  const { minor, patch } = parsed;
  const { tags, ...rest } = minors[minor]!;
  const { since: _, ...row } = tags.findLast(({ since }) => since <= patch)!;
  return { version, minor, tags: row, ...rest };
}

/** Minor and patch of a supported version. */
function parse(version: string): { minor: number; patch: number } | undefined {
  const match = /^v1\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?$/.exec(version);
  const minor = Number(match?.[1]);
  return match && minors[minor] ? { minor, patch: Number(match[2]) } : undefined;
}
