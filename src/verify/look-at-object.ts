import type { Kube } from '../cluster/kube.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { lookAtWorkload, podSelectorOf, type WorkloadLook } from './workload.js';

/**
 * How far an object is that runs pods, or that others wait for; what its pods say is asked where it is not well.
 * @param away nodes that cannot be reached: what is missing there does not count
 * @throws what the API server says
 */
export async function lookAtObject(
  kube: Kube,
  object: ApiObject,
  away: ReadonlySet<string>,
): Promise<WorkloadLook> {
  const now = await kube.get(object);
  const first = lookAtWorkload(now, [], away);
  const labelSelector = podSelectorOf(object);
  if (first.is === 'well' || now === undefined || labelSelector === undefined) return first;
  const namespace = object.metadata.namespace ?? 'default';
  return lookAtWorkload(now, await kube.list('Pod', { namespace, labelSelector }), away);
}
