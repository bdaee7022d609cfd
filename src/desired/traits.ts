import type { Arch } from './artifact.js';
import type { Owner } from './resource.js';

/** What desired state depends on that only the host itself knows. */
export interface HostTraits {
  readonly arch: Arch;
  readonly hostname: string;
  readonly cgroup: 1 | 2;
  /** `/run/systemd/resolve/resolv.conf` where the host's own resolv.conf names a loopback address; else undefined. */
  readonly resolvConf: string | undefined;
  /** False when the host knows no resolver. Default: true. */
  readonly resolves?: boolean;
  /** Largest packet of the interface that has `advertiseAddress`; undefined when nobody looked. */
  readonly mtu?: number;
  /** Name of that interface; undefined when nobody looked, or none has it. */
  readonly interface?: string;
  /** Which of `optionalCaDirectories` exist. */
  readonly caDirectories: readonly string[];
  /** The ids of etcd's user there, or those that it gets; absent when nobody looked. */
  readonly etcdUser?: Owner;
  /** Files of pairs that another operator made, and that stay; absent when nobody looked. */
  readonly kept?: KeptFiles;
}

/** Path → hex SHA-256 of what is there. */
export type KeptFiles = Readonly<Record<string, string>>;

/** The traits of an ordinary host, for rendering without looking at one. */
export const defaultTraits = (host: { readonly name: string }): HostTraits => ({
  arch: 'amd64',
  hostname: host.name,
  cgroup: 2,
  resolvConf: undefined,
  caDirectories: [],
});
