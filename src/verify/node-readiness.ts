import type { ApiObject } from '../kubernetes/api-object.js';
import { conditionOf } from '../kubernetes/conditions.js';

/** Why a node takes no pods yet, as its kubelet tells; undefined when it is ready. Pure. */
export function unready(node: ApiObject | undefined): string | undefined {
  if (node === undefined) return 'it is no node of the cluster';
  const ready = conditionOf(node, 'Ready');
  if (ready?.status === 'True') return undefined;
  if (ready === undefined) return 'its kubelet has told the API nothing yet';
  const state = ready.status === 'False' ? 'is not ready' : 'was not heard of for a while';
  return `the node ${state}${ready.message ? `: ${ready.message}` : ''}`;
}
