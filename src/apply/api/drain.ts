import type { Kube } from '../../cluster/kube.js';
import { cordonAnnotation, isCordonedByUs } from '../../desired/objects/cordon-mark.js';
import { Failure } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { isReady } from '../../kubernetes/conditions.js';
import { missing, poll, well } from '../../verify/poll.js';
import type { Crew } from '../crew.js';
import { readyKube } from './ready-kube.js';

type Pod = ApiObject & {
  readonly metadata: {
    readonly uid?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly controller?: boolean }[];
  };
  readonly status?: { readonly phase?: string };
};
type Node = ApiObject & {
  readonly spec?: { readonly unschedulable?: boolean };
};

const nodeNamed = (name: string): ApiObject => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
const fullName = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

/**
 * Cordons a node and lets its pods move away, as their disruption budgets allow. Nothing happens where no pod can move:
 * without another node that is ready, and without pods that a controller would make again elsewhere.
 * @throws Failure `refused` when pods are still there at the end of spec.timeouts.drain; the node is uncordoned then
 */
export async function drainNode(crew: Crew, name: string): Promise<void> {
  const kube = await readyKube(crew);
  try {
    const pods = movable(await podsOn(kube, name));
    if (pods.length === 0) return;
    if (!(await othersAreReady(kube, name))) return told(crew, name, nowhere(pods.length));
    await cordon(crew, kube, name);
    try {
      await evictAll(crew, kube, name);
    } catch (error) {
      await uncordon(kube, name);
      throw error;
    }
  } finally {
    kube.close();
  }
}

/** Lets pods be scheduled again on a node that podstrap has cordoned; one that somebody else has stays so. */
export async function uncordonNode(crew: Crew, name: string): Promise<void> {
  const kube = await readyKube(crew);
  try {
    await uncordon(kube, name);
  } finally {
    kube.close();
  }
}

/** Milliseconds for an API server to answer when the node's change has failed: its undoing must not wait for long. */
const briefly = 5_000;

/** The same after a failure, as far as an API server answers; the next `up` does what is left. */
export async function uncordonIfPossible(crew: Crew, name: string): Promise<void> {
  try {
    const kube = await readyKube(crew, { timeoutMs: briefly });
    await uncordon(kube, name).finally(() => kube.close());
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    told(crew, name, `it may still be cordoned (${said}); the next \`podstrap up\` uncordons it`);
  }
}

const told = ({ session }: Crew, host: string, message: string): void =>
  session.emit({ event: 'warning', host, message });
const nowhere = (count: number): string =>
  `not drained: no other node is ready to take its ${count} pod${count === 1 ? '' : 's'}. They run on while the kubelet changes.`;

async function cordon({ session }: Crew, kube: Kube, name: string): Promise<void> {
  const node = (await kube.get(nodeNamed(name))) as Node | undefined;
  // Whoever has cordoned it before wants it to stay so.
  if (node === undefined || node.spec?.unschedulable === true) return;
  await kube.patch(nodeNamed(name), {
    metadata: { annotations: { [cordonAnnotation]: session.run } },
    spec: { unschedulable: true },
  });
}

async function uncordon(kube: Kube, name: string): Promise<void> {
  const node = await kube.get(nodeNamed(name));
  if (node === undefined || !isCordonedByUs(node)) return;
  await kube.patch(nodeNamed(name), {
    metadata: { annotations: { [cordonAnnotation]: null } },
    spec: { unschedulable: null },
  });
}

const podsOn = async (kube: Kube, name: string): Promise<readonly Pod[]> =>
  (await kube.list('Pod', { fieldSelector: `spec.nodeName=${name}` })) as readonly Pod[];

/**
 * Pods that would come up elsewhere. Static pods and those of DaemonSets belong to the node, ended ones hold nothing,
 * and one without a controller would be gone for good: a kubelet that restarts leaves it running.
 */
const movable = (pods: readonly Pod[]): readonly Pod[] =>
  pods.filter(({ metadata, status }) => {
    if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return false;
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
    const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
    return controller !== undefined && controller.kind !== 'DaemonSet' && controller.kind !== 'Node';
  });

const othersAreReady = async (kube: Kube, name: string): Promise<boolean> =>
  ((await kube.list('Node')) as readonly Node[]).some(
    (node) => node.metadata.name !== name && node.spec?.unschedulable !== true && isReady(node),
  );

async function evictAll(crew: Crew, kube: Kube, name: string): Promise<void> {
  const { session } = crew;
  const leaving = new Set<string>();
  const said = await poll(
    async () => {
      const left = movable(await podsOn(kube, name));
      const answers = await Promise.all(
        left.map(async (pod) => {
          if (leaving.has(pod.metadata.uid ?? '')) return `${fullName(pod)} is ending`;
          const answer = await kube.evict(pod);
          if (answer === 'gone') return [];
          if (answer === 'leaving') leaving.add(pod.metadata.uid ?? '');
          return answer === 'leaving' ? `${fullName(pod)} is ending` : `${fullName(pod)}: ${answer.blocked}`;
        }),
      );
      const waits = answers.flat();
      return waits.length === 0 ? well : missing(`pods: ${waits.join('; ')}`);
    },
    {
      timeoutMs: parseDuration(session.inventory.spec.timeouts.drain),
      onWaiting: (what) => session.emit({ event: 'waiting', host: name, stage: 'roll out', for: what }),
      signal: session.abort,
    },
  );
  if (said === undefined) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Draining the node',
    where: { host: name },
    said: `pods did not leave within ${session.inventory.spec.timeouts.drain}: ${said}`,
    next: 'Make room in their disruption budget (more replicas, or another node for them), or raise spec.timeouts.drain; then run `podstrap up` again. The node accepts pods again, and nothing else on it was changed.',
  });
}
