import type { ApiObject } from './api-object.js';

/** What a controller or a kubelet says of one aspect of an object. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The condition of that type in the status of a node, a pod or a workload; undefined when nobody has told it yet. */
export const conditionOf = ({ status }: ApiObject, type: string): Condition | undefined =>
  (status as { readonly conditions?: readonly Condition[] } | undefined)?.conditions?.find(
    (condition) => condition.type === type,
  );

/** True for an object that somebody has deleted and that is there until its finalizers are done: it never comes back. */
export const isBeingDeleted = ({ metadata }: ApiObject): boolean =>
  metadata['deletionTimestamp'] !== undefined;

/** True for a node or a pod that is ready. */
export const isReady = (object: ApiObject): boolean => conditionOf(object, 'Ready')?.status === 'True';
