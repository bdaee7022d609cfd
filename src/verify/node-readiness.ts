import type { ApiObject } from '../kubernetes/api-object.js';
import { conditionOf } from '../kubernetes/conditions.js';

/** Why a node takes no pods yet, as its kubelet tells; undefined when it is ready. Pure. */
export function unready(node: ApiObject | undefined): string | undefined {
  if (node === undefined) return 'it is not a node of the cluster';
  const ready = conditionOf(node, 'Ready');
  if (ready?.status === 'True') return undefined;
  if (ready === undefined) return 'its kubelet has not reported to the API yet';
  const state = ready.status === 'False' ? 'is not ready' : 'has not been heard from for a while';
  return `the node ${state}${ready.message ? `: ${ready.message}` : ''}`;
}
