import type { Kube } from '../cluster/kube.js';
import type { PodStreams } from '../cluster/pod-streams.js';
import type { Inventory } from '../inventory/inventory.js';

/** What the checks of one run work with. */
export interface Checking {
  readonly inventory: Inventory;
  /** The API servers that are ready, by their host; at least one. The first of them does all that needs only one. */
  readonly kubes: ReadonlyMap<string, Kube>;
  /** Through the first of them. */
  readonly streams: PodStreams;
  /** The namespace of this check. */
  readonly namespace: string;
  readonly now: () => Date;
  /** Milliseconds that each thing which is not well yet may take to become so. */
  readonly patience: number;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

export const firstKube = ({ kubes }: Checking): Kube => [...kubes.values()][0]!;
