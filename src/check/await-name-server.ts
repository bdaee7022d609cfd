import { nameServers } from '../desired/objects/core-dns.js';
import { isReady } from '../kubernetes/conditions.js';
import { missing, poll, well } from '../verify/poll.js';
import { type Checking, firstKube } from './checking.js';

/**
 * Waits until a name server is ready, for as long as a check may wait. Asking the API costs next to nothing; asking for a
 * name in a pod of every node costs each of them a program, which a cluster that is coming up needs for other things.
 * Whatever comes of it, the pods are asked afterwards.
 */
export async function awaitNameServer(checking: Checking): Promise<void> {
  const { patience, signal } = checking;
  const kube = firstKube(checking);
  const { service, labelSelector } = nameServers;
  if ((await kube.get(service)) === undefined) return;
  await poll(
    async () => {
      const pods = await kube.list('Pod', { namespace: service.metadata.namespace, labelSelector });
      return pods.some(isReady) ? well : missing('no name server is ready');
    },
    { timeoutMs: patience, onWaiting: () => undefined, signal },
  );
}
