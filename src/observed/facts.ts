import type { Fixed } from '../desired/fixed.js';
import type { KnownHost } from '../desired/known-host.js';
import type { PodNetworksByHost } from '../desired/node/pod-networks.js';
import type { Owner } from '../desired/resource.js';
import type { ProxyMode } from '../desired/settled.js';
import type { InterfaceName } from '../host/interface-name.js';
import type { IpAddress, IpNetwork } from '../host/ip.js';

/** What a host's own lists of users and groups say of the user that etcd is to run as. */
export interface EtcdAccountFact {
  /** Absent where there is no such user. */
  readonly user?: Owner;
  /** Of the group of that name; absent where there is none. */
  readonly group?: number;
  /** Ids among those that etcd's user may get that somebody has, be it as a user or as a group. */
  readonly taken: readonly number[];
}

/** What a path on a host is. */
export interface FileFact {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Hex; for regular files that were hashed. */
  readonly sha256?: string;
  /** Only fetched where it is needed for a diff or a judgement. */
  readonly content?: string;
}

export interface UnitFact {
  readonly active: string;
  /** As its links on the disk say; nothing where there is no file of it. */
  readonly enabled: string;
  /** True when its file has changed since systemd read it. */
  readonly stale?: boolean;
  /** True when its program was replaced since it started: what runs is not what is on the disk. */
  readonly outdated?: boolean;
  /** Files it reads at its start that a run which was not finished wrote after that. */
  readonly rewritten?: readonly string[];
}

export interface SandboxFact {
  readonly id: string;
  /** Value of podstrap.io/revision when it is one that is wanted; undefined for any other. */
  readonly revision: string | undefined;
  readonly running: boolean;
}

export interface ImageFact {
  readonly ref: string;
  readonly digest: string;
  readonly pinned: boolean;
}

export interface PortFact {
  readonly port: number;
  /** Program that listens, when the host can tell. */
  readonly by: string | undefined;
}

/** What the cluster record on a host says; see paths.clusterRecord. */
export interface ClusterRecord {
  readonly clusterId: string;
  readonly cluster: string;
  /** True of a fleet, whose hosts have no API. */
  readonly isFleet?: boolean;
  readonly endpoint: string;
  readonly etcd: Readonly<
    Record<string, { readonly initialCluster: string; readonly state: 'new' | 'existing' }>
  >;
  /** Absent in records that an earlier podstrap wrote. */
  readonly proxyMode?: ProxyMode;
  /** The address that the control planes hold among themselves, or held last; absent where they never held any. */
  readonly virtualAddress?: string;
  /** Parts of the pods' network; absent where podstrap does not connect the pods. */
  readonly pods?: PodNetworksByHost;
  /** What hardens it where its inventory names no profile; absent in records that an earlier podstrap wrote. */
  readonly defaults?: readonly string[];
  /** What cannot change any more; absent in records that an earlier podstrap wrote. */
  readonly fixed?: Fixed;
  /** What the last run that was finished asked for; in the operator's own record alone. */
  readonly versions?: { readonly kubernetes: string; readonly etcd: string };
  /**
   * The hosts that podstrap has worked on, until they have left; in the operator's own record alone. One that the
   * inventory no longer has is to leave. Absent in records that an earlier podstrap wrote.
   */
  readonly hosts?: readonly KnownHost[];
  /** False until the first bootstrap passed all its gates. */
  readonly bootstrapped: boolean;
}

export interface InterfaceFact {
  readonly name: InterfaceName;
  /** Bytes. */
  readonly mtu: number | undefined;
  /** With their prefix: `10.0.0.11/24`. */
  readonly addresses: readonly IpNetwork[];
}

export interface RouteFact {
  /** `10.244.1.0/24`; never the default route. */
  readonly to: IpNetwork;
  readonly via: IpAddress | undefined;
  readonly device: InterfaceName | undefined;
  /** As iproute2 prints it: a number, or a name. */
  readonly protocol: string | undefined;
}

/** What a host tells of its network. */
export interface NetworkFact {
  readonly interfaces: readonly InterfaceFact[];
  readonly routes: readonly RouteFact[];
  /** Of the programs that a pod network needs the ones that are there. */
  readonly programs: readonly string[];
  /** Names of configurations of network plugins. */
  readonly plugins: readonly string[];
}

/** Everything one probe told about one host. */
export interface HostFacts {
  readonly host: string;
  readonly machine: string;
  readonly kernel: string;
  readonly os: string;
  readonly osId: string;
  readonly hostname: string;
  readonly machineId: string;
  /** The node that its kubelet says it is, whatever the inventory calls the host; absent where no kubelet has an identity. */
  readonly nodeName?: string;
  readonly bootId: string;
  /** The host's clock minus the operator's, in seconds, as far as the round trip lets one tell. */
  readonly clockOffset: number;
  readonly uid: number;
  readonly systemd: boolean;
  readonly cgroup: 1 | 2;
  /** Cgroup controllers that the kernel has and that are not turned off. */
  readonly cgroupControllers: readonly string[];
  /** The kernel can filter system calls, which every container asks for. */
  readonly seccomp: boolean;
  /** Wanted modules that are neither loaded nor found by modprobe. */
  readonly missingModules: readonly string[];
  readonly cpus: number;
  readonly memory: number;
  readonly swap: boolean;
  /** Bytes free below a path. */
  readonly free: Readonly<Record<string, number>>;
  /** Bytes of the whole file system of a path. */
  readonly capacity: Readonly<Record<string, number>>;
  /** Where the file system of a path is mounted. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly ports: readonly PortFact[];
  /** A resolver list that pods can use, where the host's own names a loopback address. */
  readonly resolvConf: string | undefined;
  readonly loopbackResolver: boolean;
  /** True when the host's own list of resolvers is empty. */
  readonly noResolver: boolean;
  readonly caDirectories: readonly string[];
  readonly modules: readonly string[];
  readonly missingTools: readonly string[];
  /** Absent where there is no SELinux. */
  readonly selinux?: 'enforcing' | 'permissive';
  /** Mount points of file systems that are mounted read-only. */
  readonly readOnlyMounts?: readonly string[];
  readonly network: NetworkFact;
  readonly firewall: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<string, UnitFact>>;
  /** Seconds since the kubelet was started, by the host's own clock; absent where it was not since the host booted. */
  readonly kubeletAge?: number;
  readonly files: Readonly<Record<string, FileFact>>;
  /** The API server's manifest there makes it check the certificates of kubelets. */
  readonly checksKubelets: boolean;
  /** Where its API server listens by the manifest that is there; absent where there is none. */
  readonly apiPort?: number;
  /** Where its API server reads how to encrypt, by the manifest that is there; absent where it encrypts nothing. */
  readonly encryption?: string;
  /** Names in staticPodPath that the kubelet would read. */
  readonly manifestNames: readonly string[];
  /** Names there that it passes over: those that begin with a dot, and directories, which end with a slash. */
  readonly manifestsPassedOver: readonly string[];
  /** Paths of drop-ins of our units; podstrap writes none. */
  readonly dropIns: readonly string[];
  /** Names in the parking place: a switch was interrupted or is under way. */
  readonly parkedNames: readonly string[];
  readonly sandboxes: readonly SandboxFact[];
  readonly images: readonly ImageFact[];
  /** Hex SHA-256 of everything in containerd's content store. */
  readonly content: readonly string[];
  /** Bytes of what transfers left in paths.incoming, by its name there. */
  readonly incoming: Readonly<Record<string, number>>;
  /** True when a write-ahead log is there, that is, when etcd was born here. */
  readonly etcdData: boolean;
  /** Names of what is in the data directory and neither etcd's nor podstrap's; absent in facts without a probe. */
  readonly etcdStrangers?: readonly string[];
  /** Absent where nobody asked. */
  readonly etcdAccount?: EtcdAccountFact;
  /** Where the data directory really is, behind links. */
  readonly etcdLeadsTo?: string;
  /** Names of the birth markers in the member's folder; see etcdMarkerPath. */
  readonly etcdMarkers: readonly string[];
  /** The run that is bringing a snapshot's data here, and whose it is; see src/stories/restore.ts. */
  readonly restoring?: string;
  readonly record: ClusterRecord | undefined;
  /** The run that was finished here last; undefined where none was. */
  readonly generation: GenerationFact | undefined;
  /** Runs whose generations are kept here, oldest first. */
  readonly generations: readonly string[];
  /** What the host remembers and nobody needs; secrets may be in it. Absent where there is nothing of the kind. */
  readonly leftovers?: Leftovers;
  /** Digest of podstrap's memory there: another one tells that a run changed something since. See memory-mark.ts. */
  readonly mark: string;
  /** Path → hex SHA-256 of what podstrap wrote there last: a file with another one was changed by somebody else. */
  readonly applied: Readonly<Record<string, string>>;
  /** What the kubelet on the disk says it is; only asked where it is not the wanted one. */
  readonly kubeletVersion?: string;
  /** What the kubelet that runs says it is; only asked where its program was replaced since it started. */
  readonly runningKubelet?: string;
}

/** What an earlier podstrap, or a run that was cut off at its very end, has left in podstrap's memory on a host. */
export interface Leftovers {
  /** Kept runs whose inventories lie there as they were written. */
  readonly inventories: readonly string[];
  /** True when the store still has what was replaced by runs that are finished. */
  readonly store: boolean;
}

/** What a host is at. */
export interface GenerationFact {
  readonly run: string;
  /** The earlier run whose state this one brought back, when it was a rollback. */
  readonly rollbackTo?: string;
}
