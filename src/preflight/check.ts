import type { ProxyMode } from '../desired/settled.js';
import type { Host, Inventory } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';

/** What a check may look at. Pure data. */
export interface CheckInput {
  readonly host: Host;
  readonly facts: HostFacts;
  readonly inventory: Inventory;
  /** How kube-proxy writes its rules, as it was settled. */
  readonly proxyMode?: ProxyMode | undefined;
  /** Facts of every host that was looked at, for comparisons between hosts. */
  readonly all: ReadonlyMap<string, HostFacts>;
  /** True when this host has nothing of the cluster yet. */
  readonly fresh: boolean;
  /** Paths that this host's steps write or make. */
  readonly writes: readonly string[];
  /** Bytes that this host needs room for, by the mount point of the file system that they go to. */
  readonly incoming: Readonly<Record<string, number>>;
}

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly said: string;
  readonly next: string;
}

/** One preflight check: a record in a list. */
export interface Check {
  readonly name: string;
  readonly about: string;
  readonly find: (input: CheckInput) => Finding | undefined;
}
