import { parseDuration } from '../inventory/duration.js';
import { persist } from '../verify/persist.js';
import type { Crew } from './crew.js';

/**
 * Does `work`, which may be done again, until the API server has had time for it.
 * @param timeout a duration as in the inventory
 * @param unexplainedMs how long a failure without a reason is taken for one that passes. Default: as all others
 * @throws what `work` threw last
 */
export const patiently = <T>(
  { session }: Crew,
  work: () => Promise<T>,
  timeout = session.inventory.spec.timeouts.kubernetesAPICall,
  unexplainedMs?: number,
): Promise<T> =>
  persist(work, {
    timeoutMs: parseDuration(timeout),
    signal: session.abort,
    ...(unexplainedMs === undefined ? {} : { unexplainedMs }),
  });
