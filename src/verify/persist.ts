import { ApiUnavailable, ApiUnexplained } from '../cluster/kube.js';
import { UnknownKind } from '../cluster/resource-finder.js';
import { missing, poll, well } from './poll.js';

export interface Persistence {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Milliseconds for which a failure without a reason is taken for one that passes. Default: as all others. */
  readonly unexplainedMs?: number;
}

/**
 * Does `work`, which may be done again, until the API server has had time for it: one that has just become ready, or whose
 * etcd elects a leader, does not answer everything at once, and a kind whose definition has just been applied is not served
 * yet.
 * @throws what `work` threw last
 */
export async function persist<T>(
  work: () => Promise<T>,
  { timeoutMs, signal, unexplainedMs = Number.POSITIVE_INFINITY }: Persistence,
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
  await poll(attempt, { timeoutMs, onWaiting: () => undefined, signal });
  if (failed !== undefined) throw failed;
  return last as T;
}
