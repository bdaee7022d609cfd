import type { UserPod } from './pod-form.js';

/** https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
export const systemPriorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

/**
 * The priority of a pod: no API looks up the one of its class, and without it a graceful shutdown ends the pod first.
 * Undefined where there is none to fill in.
 */
export const priorityOf = (spec: UserPod['spec']): number | undefined =>
  spec?.priority ??
  (spec?.priorityClassName === undefined ? undefined : systemPriorities[spec.priorityClassName]);
