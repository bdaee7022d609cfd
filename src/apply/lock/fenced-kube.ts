import type { Kube } from '../../cluster/kube.js';

/**
 * The same client for a run that may lose its lock: whatever it writes comes after a look at the lock. The API server
 * itself knows nothing of locks. Writes that are wished for during a look share it.
 * @param requireLock throws when the lock is lost
 */
export function fencedKube(kube: Kube, requireLock: () => Promise<void>): Kube {
  let looking: Promise<void> | undefined;
  const fence = (): Promise<void> => {
    looking ??= requireLock().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  return {
    ...kube,
    apply: (object) => fence().then(() => kube.apply(object)),
    create: (object) => fence().then(() => kube.create(object)),
    remove: (object) => fence().then(() => kube.remove(object)),
    patch: (object, change) => fence().then(() => kube.patch(object, change)),
    evict: (pod) => fence().then(() => kube.evict(pod)),
  };
}
