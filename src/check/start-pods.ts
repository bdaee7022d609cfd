import { Failure } from '../failure.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { conditionOf, isReady } from '../kubernetes/conditions.js';
import { persist } from '../verify/persist.js';
import { missing, well } from '../verify/poll.js';
import { awaitEach } from './await-each.js';
import { checkPods, checkService } from './check-objects.js';
import type { CheckResult } from './check-report.js';
import { awaitController, type Checking, firstKube, persistence } from './checking.js';
import { waitedForElection } from './election.js';

/** A pod of the check. */
export interface CheckPod {
  readonly node: string;
  readonly namespace: string;
  readonly name: string;
  /** One of each family. */
  readonly addresses: readonly string[];
}

interface State {
  readonly reason?: string;
  readonly message?: string;
}
type Pod = ApiObject & {
  readonly metadata: { readonly deletionTimestamp?: string };
  readonly spec?: { readonly nodeName?: string; readonly affinity?: Affinity };
  readonly status?: State & {
    readonly phase?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: State; readonly terminated?: State };
    }[];
  };
};
/** As the controller of DaemonSets writes it: the one node that a pod is for. */
interface Affinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms: readonly {
        readonly matchFields?: readonly { readonly values?: readonly string[] }[];
      }[];
    };
  };
}
interface PodEvent {
  readonly type?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly name?: string };
}

export interface StartedPods {
  readonly pods: readonly CheckPod[];
  readonly results: readonly CheckResult[];
}

/**
 * Waits until the pods of these nodes are ready. Those that do not become it are told why.
 * @param unmade why there are none, as makePods tells
 */
export async function awaitPods(
  checking: Checking,
  nodes: readonly string[],
  unmade: string | undefined,
): Promise<StartedPods> {
  const { namespace, patience, newborn, signal } = checking;
  const kube = firstKube(checking);
  let seen: readonly Pod[] = [];
  /** By node. A pod that its kubelet refuses is taken away, and made anew. */
  const refused = new Map<string, string>();
  const look = async () => {
    seen = (await kube.list('Pod', { namespace })) as readonly Pod[];
    return (node: string) => {
      const pod = podOn(seen, node);
      if (pod?.status?.phase === 'Failed') refused.set(node, sentence('its pod has failed', pod.status));
      return pod === undefined ? (refused.get(node) ?? 'no pod was made for it') : unready(pod);
    };
  };
  const timeoutMs = unmade === undefined ? Math.max(patience, newborn) : 0;
  const awaited = new Map(await awaitEach(nodes, look, { timeoutMs, signal }));
  const late = nodes.filter((node) => awaited.get(node)?.missing !== undefined);
  if (unmade === undefined && late.length > 0 && (await waitedForElection(kube, signal)))
    for (const [node, outcome] of await awaitEach(late, look, { timeoutMs, signal }))
      awaited.set(node, outcome);
  const events = [...awaited.values()].some(({ missing: said }) => said) ? await warningsIn(checking) : [];
  const results = [...awaited].map(([node, { seconds, missing: said }]): CheckResult => {
    if (said === undefined) return { check: 'pod', node, result: 'ok', seconds };
    const name = podOn(seen, node)?.metadata.name;
    const event = events.findLast(
      ({ involvedObject }) => involvedObject?.name === name && name !== undefined,
    );
    const whole = [unmade ?? said, ...(event?.message ? [event.message] : [])].join(': ');
    const next = `Look at the kubelet: \`podstrap status\`, and \`journalctl -u kubelet\` on ${node}.`;
    return { check: 'pod', node, result: 'failed', seconds, said: whole, next: nextOf(name, next) };
  });
  const pods = nodes.flatMap((node): CheckPod[] => {
    const pod = podOn(seen, node);
    if (pod === undefined || awaited.get(node)?.missing !== undefined) return [];
    const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? [];
    return [{ node, namespace, name: pod.metadata.name, addresses }];
  });
  return { pods, results };
}

const nextOf = (pod: string | undefined, next: string): string =>
  pod === undefined
    ? 'Pods are made by kube-controller-manager and placed by kube-scheduler: look at `podstrap status`.'
    : next;

/**
 * Makes a pod for the node of every host, whether it is ready by now or not, and a service before them.
 * @returns what the API or the controllers lack for it
 */
export async function makePods(checking: Checking): Promise<string | undefined> {
  const { inventory, namespace } = checking;
  const nodes = inventory.spec.hosts.map((host) => host.name);
  const kube = firstKube(checking);
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
  // A pod that is made before it is refused, and tried again only after a while.
  const said = await awaitController(checking, async () =>
    (await kube.get(account)) ? well : missing('its namespace got no service account'),
  );
  if (said !== undefined) return said;
  try {
    await persist(async () => {
      await kube.create(checkService(namespace));
      await kube.create(checkPods(inventory, namespace, nodes));
    }, persistence(checking));
  } catch (error) {
    // Such as an admission policy of the cluster's own.
    if (error instanceof Failure && error.kind !== 'interrupted') return error.message;
    throw error;
  }
  return undefined;
}

/** The pod of a node that stays there; before it is placed its affinity tells which it is for. */
function podOn(pods: readonly Pod[], node: string): Pod | undefined {
  const own = pods.filter(
    ({ metadata, spec }) =>
      metadata.deletionTimestamp === undefined && (spec?.nodeName ?? placeOf(spec?.affinity)) === node,
  );
  return own.find(({ status }) => status?.phase !== 'Failed') ?? own[0];
}

const placeOf = (affinity: Affinity | undefined): string | undefined =>
  affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]
    ?.matchFields?.[0]?.values?.[0];

function unready(pod: Pod): string | undefined {
  if (isReady(pod)) return undefined;
  if (pod.status?.phase === 'Failed') return sentence('its pod has failed', pod.status);
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status !== 'True') return sentence('its pod is not scheduled', scheduled);
  const [container] = pod.status?.containerStatuses ?? [];
  if (container === undefined) return 'the node’s kubelet has reported nothing about its pod yet';
  const { waiting, terminated } = container.state ?? {};
  return sentence('its pod is not ready', waiting ?? terminated);
}

const sentence = (what: string, { reason, message }: State = {}): string =>
  [what, ...[reason, message].filter((part) => part !== undefined && part !== '')].join(': ');

/** Warnings of the check's namespace, the latest last. */
async function warningsIn(checking: Checking): Promise<readonly PodEvent[]> {
  try {
    const { body } = await firstKube(checking).read(`/api/v1/namespaces/${checking.namespace}/events`);
    return ((JSON.parse(body) as { items?: readonly PodEvent[] }).items ?? []).filter(
      ({ type }) => type === 'Warning',
    );
  } catch {
    // Events only add to what is told.
    return [];
  }
}
