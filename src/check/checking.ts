import type { Kube } from '../cluster/kube.js';
import type { PodStreams } from '../cluster/pod-streams.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Persistence } from '../verify/persist.js';
import { type Look, poll } from '../verify/poll.js';
import { waitedForElection } from './election.js';

/**
 * Milliseconds that a pod and a Service which are new may take at least. Schedulers and kube-proxies hear of them at once,
 * but one whose API server was away asks for news again after up to half a minute.
 */
export const newborn = 30_000;

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
  /** Milliseconds that its pods and its Service may take at least, since they are new. */
  readonly newborn: number;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** How long a call to an API server is made again that cannot answer it just now. */
export const persistence = ({ patience, signal }: Checking): Persistence => ({ timeoutMs: patience, signal });

/**
 * Looks until what a controller does is done or the time is over; where nobody was at work in that time, until somebody
 * is, and for that time again.
 * @returns what is missing at the end
 */
export async function awaitController(
  checking: Checking,
  look: () => Promise<Look>,
): Promise<string | undefined> {
  const { patience, signal } = checking;
  const waiting = { timeoutMs: patience, onWaiting: () => undefined, signal };
  const said = await poll(look, waiting);
  if (said === undefined || !(await waitedForElection(firstKube(checking), signal))) return said;
  return poll(look, waiting);
}

export const firstKube = ({ kubes }: Checking): Kube => [...kubes.values()][0]!;
