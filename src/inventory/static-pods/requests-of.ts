import { amountOf } from './judge-together.js';
import { containersOf, type Fields, fieldsOf } from './pod-rule.js';

/** What a pod asks of its host: processors, and bytes. */
export interface Requested {
  readonly cpu: number;
  readonly memory: number;
}

/**
 * What a kubelet counts for a pod: its containers and sidecars together, or what one that comes first asks beside the sidecars
 * that run by then, whichever is more; or what the pod asks as a whole. Pure.
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export const requestsOf = (pod: unknown): Requested => ({
  cpu: requestOf(fieldsOf(pod), 'cpu'),
  memory: requestOf(fieldsOf(pod), 'memory'),
});

function requestOf(pod: Fields, resource: keyof Requested): number {
  const spec = fieldsOf(pod['spec']);
  const overhead = amount(fieldsOf(spec['overhead'])[resource]) ?? 0;
  const whole = asked(spec, resource);
  if (whole !== undefined) return whole + overhead;
  let sidecars = 0;
  let first = 0;
  let together = 0;
  for (const { container, init } of containersOf(pod)) {
    const own = asked(container, resource) ?? 0;
    if (!init) together += own;
    else if (container['restartPolicy'] === 'Always') {
      sidecars += own;
      first = Math.max(first, sidecars);
    } else first = Math.max(first, sidecars + own);
  }
  return Math.max(first, sidecars + together) + overhead;
}

/** A limit without a request is one as well. */
function asked(of: Fields, resource: string): number | undefined {
  const { requests, limits } = fieldsOf(of['resources']);
  return amount(fieldsOf(requests)[resource]) ?? amount(fieldsOf(limits)[resource]);
}

function amount(quantity: unknown): number | undefined {
  const value = amountOf(quantity);
  return quantity === undefined || Number.isNaN(value) ? undefined : value;
}
