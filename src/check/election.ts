import type { Kube } from '../cluster/kube.js';
import { elected } from '../desired/pods/dependence.js';
import { missing, poll, well } from '../verify/poll.js';

/** Milliseconds in which another one is at work when one has gone: a lease lives for 15 s, and is asked for every two to four. */
const electing = 25_000;
/** Milliseconds for which one that has just been elected is behind with what there was to do. */
const beginning = 30_000;

interface Lease {
  /** When its holder got it, and when it renewed it last, by the clock of that holder. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
}

/**
 * Where a control plane has just died, or its API server was away for a while, nobody makes or places pods until the lease
 * of the one that did has run out. Waits until all of these are at work.
 * @returns true when one of them is only now, so that what was waited for in vain may come yet
 */
export async function waitedForElection(kube: Kube, signal: AbortSignal): Promise<boolean> {
  const before = await leases(kube).catch(() => undefined);
  if (before === undefined) return false;
  let now = before;
  const idle = await poll(
    async () => {
      now = await leases(kube);
      const names = [...before.keys()].filter(
        (name) => now.get(name)?.renewTime === before.get(name)?.renewTime,
      );
      return names.length === 0 ? well : missing(names.join(', '));
    },
    { timeoutMs: electing, onWaiting: () => undefined, signal },
  );
  return idle === undefined && [...now.values()].some(isNew);
}

const isNew = ({ acquireTime = '', renewTime = '' }: Lease): boolean =>
  Date.parse(renewTime) - Date.parse(acquireTime) < beginning;

/** By component; one whose lease does not exist is nobody's to wait for. */
async function leases(kube: Kube): Promise<ReadonlyMap<string, Lease>> {
  const found = await Promise.all(
    elected.map(async (name) => {
      const metadata = { name, namespace: 'kube-system' };
      const lease = await kube.get({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata });
      return lease === undefined ? [] : [[name, (lease['spec'] ?? {}) as Lease] as const];
    }),
  );
  return new Map(found.flat());
}
