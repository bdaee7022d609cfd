import type { Host, Inventory } from '../inventory/inventory.js';
import type { HostFacts } from '../observed/facts.js';

/** What a check may look at. Pure data. */
export interface CheckInput {
  readonly host: Host;
  readonly facts: HostFacts;
  readonly inventory: Inventory;
  /** Facts of every host that was looked at, for comparisons between hosts. */
  readonly all: ReadonlyMap<string, HostFacts>;
  /** True when this host has nothing of the cluster yet. */
  readonly fresh: boolean;
  /** Bytes that will be sent to this host, by the directory that they go to. */
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
