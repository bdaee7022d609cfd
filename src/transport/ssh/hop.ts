import type { Ssh } from '../../inventory/inventory.js';

/** One SSH server on the way to a host, and how to log in there. */
export interface Hop {
  /** The host's name in the inventory, or the jump host's as it was written. */
  readonly label: string;
  /** The program that talks to it. */
  readonly client: Client;
  /** What ssh_config knows it by: the address as the inventory has it, or the jump host's as it was written. */
  readonly alias: string;
  /** As `ssh -F` takes it; absent for the user's and the system's. */
  readonly configFile?: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The inventory's identityFile, which is among the next as well. */
  readonly ownIdentity?: string;
  /** Private keys that somebody named, absolute paths. */
  readonly identityFiles: readonly string[];
  /** Private keys to try when nobody named one. */
  readonly usualFiles: readonly string[];
  /** Certificates that somebody named. */
  readonly certificateFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket?: string;
  readonly knownHostsFiles: readonly string[];
  /** What the host is called in those files. */
  readonly knownName: string;
  /** What it is called in certificates of hosts, which know no ports. */
  readonly certificateName: string;
  /** The inventory's `hostKey`. */
  readonly pinnedKey?: string;
  readonly connectTimeoutMs: number;
  /** Of IP; absent: any. */
  readonly family?: 4 | 6;
  /** Whether it is ssh_config's ProxyCommand that leads there. */
  readonly byCommand: boolean;
}

/** Who speaks SSH: the library that is a part of podstrap, or the machine's own `ssh`. */
export type Client = NonNullable<Ssh['client']>;
