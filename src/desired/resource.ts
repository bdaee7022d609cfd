import type { IpAddress, IpNetwork } from '../host/ip.js';
import type { AddonObject } from '../inventory/addons/addon.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import type { Secret } from '../secret.js';
import type { Blob } from './artifact.js';

/** The phase of a run in which a resource is brought about; see plan/phases.ts for their order. */
export type PhaseName =
  | 'snapshot'
  | 'lost-members'
  | 'binaries'
  | 'node'
  | 'images'
  | 'peers'
  | 'serving'
  | 'certificates'
  | 'control-plane'
  | 'cluster'
  | 'leave'
  | 'addons';

interface Wanted {
  /** Why it is there, for the plan: the inventory field, or the rule, that asks for it. */
  readonly because: string;
  readonly phase: PhaseName;
}

/** Whom a file belongs to, by numbers. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A directory. */
export interface DirectoryResource extends Wanted {
  readonly kind: 'directory';
  readonly path: string;
  readonly mode: number;
  /** Default: root. */
  readonly owner?: Owner;
}

/** A user and a group of the host's own, of one name, made by systemd-sysusers(8). */
export interface UserResource extends Wanted, Owner {
  readonly kind: 'user';
  readonly name: string;
  /** The file that tells systemd-sysusers of it, a FileResource. */
  readonly file: string;
}

/** A regular file whose content is known to the byte. */
export interface FileResource extends Wanted {
  readonly kind: 'file';
  readonly path: string;
  readonly mode: number;
  /** Default: root. */
  readonly owner?: Owner;
  readonly content: string | Secret;
  /** Of a kubeconfig: the name in the catalog of the pair that it holds. */
  readonly identity?: string;
  /** It stays as it is on the host: another operator made it, and it will do. */
  readonly kept?: true;
}

/** A certificate file. Judged by property; `pem` is what is written when the judgement says so. */
export interface CertificateResource extends Wanted {
  readonly kind: 'certificate';
  readonly path: string;
  readonly mode: number;
  readonly pem: string;
  /** Name in the catalog of pki/, such as `apiserver` or `etcd-peer`. */
  readonly name: string;
  /** The private key that belongs to it on the host, when there is one there. Told by its hash. */
  readonly key?: {
    readonly path: string;
    readonly mode: number;
    /** Default: root. */
    readonly owner?: Owner;
    readonly pem: Secret;
  };
  /** Both stay as they are on the host: another operator made them, and they will do. */
  readonly kept?: true;
}

/** A route of the host, to a network through an address. */
export interface Route {
  readonly to: IpNetwork;
  readonly via: IpAddress;
}

/** A systemd unit that must be enabled and running. Its file is a FileResource. */
export interface UnitResource extends Wanted {
  readonly kind: 'unit';
  readonly name: string;
  /** Paths whose change means a restart of this unit. */
  readonly restartOn: readonly string[];
  /** Routes that its start brings about: without one of them it is started anew. */
  readonly routes?: readonly Route[];
}

export interface KernelModuleResource extends Wanted {
  readonly kind: 'kernel-module';
  readonly name: string;
}

export interface SysctlResource extends Wanted {
  readonly kind: 'sysctl';
  /** With dots, as sysctl(8) prints it. */
  readonly name: string;
  readonly value: string;
}

/** An executable that podstrap carries to the host. */
export interface BinaryResource extends Wanted {
  readonly kind: 'binary';
  readonly path: string;
  readonly mode: number;
  /** Hex SHA-256 of the file. */
  readonly sha256: string;
  readonly size: number;
  readonly version: string;
}

/** A container image in containerd's `k8s.io` namespace, pinned against garbage collection. */
export interface ImageResource extends Wanted {
  readonly kind: 'image';
  readonly ref: string;
  /** `sha256:…` of the image's manifest, as `ctr images ls` prints it. */
  readonly digest: string;
  /** All that containerd must have of it. */
  readonly blobs: readonly Blob[];
}

/** A manifest in the kubelet's staticPodPath. */
export interface StaticPodResource extends Wanted {
  readonly kind: 'static-pod';
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  readonly content: string;
  /** Value of its label `podstrap.io/revision`. */
  readonly revision: string;
  /**
   * Hex SHA-256 of what the inventory makes of it: as the revision, without the certificates and kubeconfigs that it reads at
   * its start, which follow the keystore. Absent where a manifest was read from a host.
   */
  readonly ofInventory?: string;
}

export type Resource =
  | DirectoryResource
  | UserResource
  | FileResource
  | CertificateResource
  | UnitResource
  | KernelModuleResource
  | SysctlResource
  | BinaryResource
  | ImageResource
  | StaticPodResource;

/** What one host should have. Order within a phase is the order of application. */
export interface DesiredHost {
  readonly host: string;
  readonly resources: readonly Resource[];
}

/** The whole desired state: a pure function of inventory, keys, artifacts and the facts settled at first `up`. */
export interface Desired {
  readonly hosts: readonly DesiredHost[];
  readonly objects: readonly ApiObject[];
  /** kube-proxy and CoreDNS. The control plane works without them: one that fails is reported, and stops nothing. */
  readonly systemObjects: readonly ApiObject[];
  /** What podstrap would make and the inventory switches off: gone, where podstrap made it. */
  readonly withdrawn: readonly ApiObject[];
  /** The objects of spec.addons; those of network plugins come first. They stop nothing either. */
  readonly manifests: readonly AddonObject[];
}

/** What the host of this name should have. @throws Error where it should have nothing */
export function wantedOn({ hosts }: Pick<Desired, 'hosts'>, name: string): DesiredHost {
  const wanted = hosts.find(({ host }) => host === name);
  if (wanted === undefined) throw new Error(`nothing is wanted of ${name}`);
  return wanted;
}
