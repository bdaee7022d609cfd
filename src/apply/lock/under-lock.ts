import type { Transport } from '../../transport/transport.js';
import { type LockOfMost, lossFirst, takeLockOfEach, takeLockOfMost } from './lock.js';
import type { LockHolder } from './lock-script.js';

/**
 * Does what changes hosts while this run holds their lock, and lets it go however that ends.
 * @param voters control planes of which more than half have to hold it; of hosts without any, each gives its own
 * @throws what `work` throws, or that the lock was lost, which is why
 */
export async function underLock<T>(
  transports: readonly Transport[],
  voters: readonly string[],
  holder: LockHolder,
  work: (lock: LockOfMost) => Promise<T>,
): Promise<T> {
  const lock =
    voters.length === 0
      ? await takeLockOfEach(transports, holder)
      : await takeLockOfMost(transports, voters, holder);
  try {
    return await work(lock);
  } catch (error) {
    throw lossFirst(lock, error);
  } finally {
    await lock.release();
  }
}
