import type { ToldPod } from './gate.js';
import { type Look, missing, well } from './poll.js';

interface Told {
  readonly metadata?: { readonly name?: unknown; readonly labels?: Readonly<Record<string, unknown>> };
  readonly spec?: { readonly restartPolicy?: unknown };
  readonly status?: {
    readonly phase?: unknown;
    readonly reason?: unknown;
    readonly message?: unknown;
    readonly conditions?: readonly { readonly type?: unknown; readonly status?: unknown }[];
    readonly initContainerStatuses?: readonly ToldContainer[];
    readonly containerStatuses?: readonly ToldContainer[];
  };
}

interface ToldContainer {
  readonly name?: unknown;
  readonly ready?: unknown;
  readonly state?: {
    readonly waiting?: { readonly reason?: unknown; readonly message?: unknown };
    readonly terminated?: { readonly reason?: unknown; readonly exitCode?: unknown };
  };
}

/** Characters of a reason to show. */
const widest = 300;

/**
 * Whether a static pod is what it should be, by the list of pods that its kubelet gives: of the wanted revision, all of its
 * containers ready, or done with their work where they may be. Pure.
 */
export function lookAtToldPod(component: string, { name, revision }: ToldPod, body: string): Look {
  const pods = podsIn(body);
  if (pods === undefined) return missing(`${component}: its kubelet gives no list of pods`);
  const pod = pods.find(({ metadata }) => metadata?.name === name && labelOf(metadata?.labels) === revision);
  if (pod === undefined) return missing(`${component}: its kubelet has no pod of the wanted revision yet`);
  const { phase, conditions = [] } = pod.status ?? {};
  if (phase === 'Succeeded' && pod.spec?.restartPolicy !== 'Always') return well;
  const isReady = listOf(conditions).some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady && phase === 'Running' ? well : missing(`${component}: ${troubleOf(pod)}`.slice(0, widest));
}

function podsIn(body: string): readonly Told[] | undefined {
  try {
    const { items } = JSON.parse(body) as { items?: unknown };
    return Array.isArray(items)
      ? items.filter((item) => typeof item === 'object' && item !== null)
      : undefined;
  } catch {
    return undefined;
  }
}

const listOf = <T extends object>(value: readonly T[] | undefined): readonly T[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];

const labelOf = (labels: Readonly<Record<string, unknown>> | undefined): unknown =>
  labels?.['podstrap.io/revision'];

/** What its kubelet says of a pod that is not ready: why it was rejected, or what its containers wait for. */
function troubleOf({ status }: Told): string {
  const said = [status?.reason, status?.message].filter((one) => typeof one === 'string' && one !== '');
  if (said.length > 0) return `${String(status?.phase)}: ${said.join(': ')}`;
  const all = [...listOf(status?.initContainerStatuses), ...listOf(status?.containerStatuses)];
  const troubles = all.flatMap(({ name, ready, state }) => {
    const { waiting, terminated } = state ?? {};
    if (waiting !== undefined) {
      const why = [waiting.reason, waiting.message].filter((one) => typeof one === 'string').join(': ');
      return [`${String(name)} waits: ${why}`];
    }
    if (terminated !== undefined && terminated.exitCode !== 0)
      return [`${String(name)} ended with ${String(terminated.exitCode)}`];
    return ready === true || terminated !== undefined ? [] : [`${String(name)} is not ready`];
  });
  return troubles.length > 0 ? troubles.join('; ') : `${String(status?.phase ?? 'Pending')}, not ready`;
}
