import { ApiUnavailable, ApiUnexplained } from '../cluster/kube.js';
import { UnknownKind } from '../cluster/resource-finder.js';
import { parseDuration } from '../inventory/duration.js';
import { missing, poll, well } from '../verify/poll.js';
import type { Crew } from './crew.js';

/**
 * Does `work`, which may be done again, until the API server has had time for it: one that has just become ready, on a
 * busy machine, does not answer everything at once, and a kind whose definition has just been applied is not served yet.
 * @param timeout a duration as in the inventory
 * @param unexplainedMs how long a failure without a reason is taken for one that passes. Default: as all others
 * @throws what `work` threw last
 */
export async function patiently<T>(
  { session }: Crew,
  work: () => Promise<T>,
  timeout = session.inventory.spec.timeouts.kubernetesAPICall,
  unexplainedMs = Number.POSITIVE_INFINITY,
): Promise<T> {
  let last: T | undefined;
  let failed: unknown;
  const began = performance.now();
  const attempt = async () => {
    failed = undefined;
    last = await work().catch((error: unknown) => {
      failed = error;
      return undefined;
    });
    if (failed instanceof ApiUnexplained && performance.now() - began > unexplainedMs) return well;
    return failed instanceof ApiUnavailable || failed instanceof UnknownKind ? missing(failed.message) : well;
  };
  await poll(attempt, {
    timeoutMs: parseDuration(timeout),
    onWaiting: () => undefined,
    signal: session.abort,
  });
  if (failed !== undefined) throw failed;
  return last as T;
}
