import type { ApiObject } from '../kubernetes/api-object.js';
import { type Condition, conditionOf, isReady } from '../kubernetes/conditions.js';

type Fields = Readonly<Record<string, unknown>>;

/** How far an object is that runs pods, or that others wait for. */
export type WorkloadLook =
  | { readonly is: 'well' }
  /** `said` is what is missing. `unschedulable` when no node takes what is missing of its pods. */
  | { readonly is: 'missing'; readonly said: string; readonly unschedulable: boolean }
  /** It will not come about by waiting. */
  | { readonly is: 'failed'; readonly said: string };

const well: WorkloadLook = { is: 'well' };

/** The kinds that can be waited for. */
const kinds = ['Deployment', 'DaemonSet', 'StatefulSet', 'Job', 'CustomResourceDefinition'];
export const isAwaited = ({ kind, apiVersion }: ApiObject): boolean =>
  kinds.includes(kind) && /^(apps|batch|apiextensions\.k8s\.io)\//.test(apiVersion);

/** The labels that its pods have, as a selector of the API; undefined for what has no pods. */
export function podSelectorOf({ kind, metadata, spec }: ApiObject): string | undefined {
  if (kind === 'Job') return `batch.kubernetes.io/job-name=${metadata.name}`;
  const { matchLabels } = ((spec as Fields | undefined)?.['selector'] ?? {}) as { matchLabels?: Fields };
  if (matchLabels === undefined) return undefined;
  return Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
}

/**
 * Whether what was applied of an object has come about, as its controller tells. Pure.
 * @param object as the API has it now
 * @param pods those of its selector
 * @param away nodes that cannot be reached: what is missing there is not waited for
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
export function lookAtWorkload(
  object: ApiObject | undefined,
  pods: readonly ApiObject[],
  away: ReadonlySet<string>,
): WorkloadLook {
  if (object === undefined) return missing('it is not there', []);
  const status = (object['status'] ?? {}) as Status;
  const generation = Number(object.metadata['generation'] ?? 0);
  if (object.kind === 'CustomResourceDefinition') return definition(object);
  if (object.kind === 'Job') return job(object, pods);
  if ((status.observedGeneration ?? 0) < generation)
    return missing('its controller has not seen it yet', pods);
  const spec = (object['spec'] ?? {}) as Fields;
  if (object.kind === 'DaemonSet') return daemonSet(status, spec, pods, away);
  const wanted = Number(spec['replicas'] ?? 1);
  return object.kind === 'Deployment'
    ? deployment(object, status, wanted, pods)
    : statefulSet(status, spec, wanted, pods);
}

interface Status {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly readyReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
}

function definition(object: ApiObject): WorkloadLook {
  if (conditionOf(object, 'Established')?.status === 'True') return well;
  const names = conditionOf(object, 'NamesAccepted');
  if (names?.status === 'False') return { is: 'failed', said: names.message ?? 'its names are not accepted' };
  return missing('its kind is not served yet', []);
}

function job(object: ApiObject, pods: readonly ApiObject[]): WorkloadLook {
  if (conditionOf(object, 'Complete')?.status === 'True') return well;
  const failed = conditionOf(object, 'Failed');
  if (failed?.status === 'True')
    return { is: 'failed', said: withTroubles(failed.message ?? 'it failed', pods) };
  return missing('it is not complete', pods);
}

function deployment(
  object: ApiObject,
  status: Status,
  wanted: number,
  pods: readonly ApiObject[],
): WorkloadLook {
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
  if (updatedReplicas >= wanted && availableReplicas >= wanted && replicas <= updatedReplicas) return well;
  // Old pods are available as well, until new ones take their place.
  const running = Math.max(0, Math.min(updatedReplicas, availableReplicas - (replicas - updatedReplicas)));
  const said = `${running} of ${wanted} pods run as wanted`;
  const progress = conditionOf(object, 'Progressing');
  if (progress?.status === 'False' && progress.reason === 'ProgressDeadlineExceeded')
    return { is: 'failed', said: withTroubles(`${said}; ${progress.message ?? progress.reason}`, pods) };
  return missing(said, pods);
}

function statefulSet(status: Status, spec: Fields, wanted: number, pods: readonly ApiObject[]): WorkloadLook {
  const { readyReplicas = 0, updatedReplicas = 0, currentRevision, updateRevision } = status;
  const strategy = (spec['updateStrategy'] ?? {}) as {
    type?: string;
    rollingUpdate?: { partition?: number };
  };
  const rolls = strategy.type !== 'OnDelete' && !strategy.rollingUpdate?.partition;
  const isCurrent = !rolls || currentRevision === updateRevision || updatedReplicas >= wanted;
  if (readyReplicas >= wanted && isCurrent) return well;
  return missing(`${readyReplicas} of ${wanted} pods run${isCurrent ? '' : ', not all as wanted'}`, pods);
}

function daemonSet(
  status: Status,
  spec: Fields,
  pods: readonly ApiObject[],
  away: ReadonlySet<string>,
): WorkloadLook {
  const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
  const rolls = ((spec['updateStrategy'] ?? {}) as { type?: string }).type !== 'OnDelete';
  const excused = pods.filter((pod) => away.has(nodeOf(pod) ?? '') && !isReady(pod)).length;
  const running = Math.min(numberAvailable, rolls ? updatedNumberScheduled : numberAvailable);
  if (running + excused >= desiredNumberScheduled) return well;
  return missing(
    `${running} of ${desiredNumberScheduled} pods run as wanted`,
    pods.filter((pod) => !away.has(nodeOf(pod) ?? '')),
  );
}

const nodeOf = ({ spec }: ApiObject): string | undefined =>
  (spec as { nodeName?: string } | undefined)?.nodeName;

const podStatus = ({ status }: ApiObject): PodStatus => (status ?? {}) as PodStatus;

interface PodStatus {
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
  readonly lastState?: ContainerStatus['state'];
}

function missing(said: string, pods: readonly ApiObject[]): WorkloadLook {
  const waiting = pods.filter((pod) => !isReady(pod));
  const unschedulable = waiting.length > 0 && waiting.every((pod) => unscheduled(pod) !== undefined);
  return { is: 'missing', said: withTroubles(said, pods), unschedulable };
}

function unscheduled(pod: ApiObject): Condition | undefined {
  const placed = conditionOf(pod, 'PodScheduled');
  return placed?.status === 'False' && placed.reason === 'Unschedulable' ? placed : undefined;
}

/** Pods whose troubles are told; more of the same would say no more. */
const mostPods = 3;

function withTroubles(said: string, pods: readonly ApiObject[]): string {
  const troubles = pods
    .filter((pod) => !isReady(pod))
    .flatMap((pod) => troublesOf(pod).map((trouble) => `pod ${pod.metadata.name}: ${trouble}`));
  return [said, ...troubles.slice(0, mostPods)].join('; ');
}

function troublesOf(pod: ApiObject): readonly string[] {
  const unplaced = unscheduled(pod);
  if (unplaced !== undefined) return [`no node takes it: ${unplaced.message ?? ''}`];
  const { initContainerStatuses = [], containerStatuses = [] } = podStatus(pod);
  return [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state, lastState }) => {
    const { waiting, terminated } = state ?? {};
    const last = lastState?.terminated;
    const ended = last === undefined ? '' : ` (ended with ${last.exitCode ?? '?'}, ${last.reason ?? ''})`;
    if (waiting !== undefined)
      return [`${name} waits: ${[waiting.reason, waiting.message].filter(Boolean).join(': ')}${ended}`];
    if (terminated !== undefined && terminated.exitCode !== 0)
      return [`${name} ended with ${terminated.exitCode ?? '?'} (${terminated.reason ?? ''})`];
    return [];
  });
}
