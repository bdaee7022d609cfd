import type { Host } from '../../inventory/inventory.js';
import { lookAtPods, type PodsOfHost, type RunningPod } from '../../observed/pods/running-pods.js';
import type { Session } from '../../survey/session.js';
import { askHosts } from './ask-hosts.js';

/** How a pod on a host is against the manifest that lies there. */
export type PodState = 'runs' | 'other-revision' | 'missing' | 'no-manifest' | 'not-podstrap';

export interface ListedPod {
  readonly host: string;
  readonly namespace?: string;
  /** Of a static pod of podstrap's without the name of the node. */
  readonly pod: string;
  readonly state: PodState;
  /** Of the pod that runs. */
  readonly revision?: string;
  /** That of the manifest on the host. */
  readonly manifest?: string;
  readonly containers: readonly string[];
  readonly restarts: number;
  /** Seconds since it was started, by the host's own clock. */
  readonly age?: number;
}

export interface PodList {
  readonly cluster: string;
  readonly pods: readonly ListedPod[];
  readonly unreachable: readonly { readonly host: string; readonly said: string }[];
}

/**
 * The pods on hosts, as their container runtimes know them: it takes nothing but SSH.
 * @param all pods that the API has placed there, too
 */
export async function listPods(session: Session, hosts: readonly Host[], all: boolean): Promise<PodList> {
  const { told, unreachable } = await askHosts(session, hosts, lookAtPods);
  const pods = hosts.flatMap(({ name }) => {
    const seen = told.get(name);
    return seen === undefined ? [] : podsOn(name, seen);
  });
  return {
    cluster: session.inventory.metadata.name,
    pods: all ? pods : pods.filter(({ state }) => state !== 'not-podstrap'),
    unreachable,
  };
}

/** Every pod of a host once: those with a manifest, those that should have one, and all others. Pure. */
export function podsOn(host: string, { running, manifests }: PodsOfHost): readonly ListedPod[] {
  const left = new Set(running);
  const withManifest = manifests.map(({ pod, revision }): ListedPod => {
    const ofName = [...left].filter(({ name }) => name === `${pod}-${host}` || isNamed(name, pod, manifests));
    const found = ofName.find((one) => one.revision === revision) ?? ofName.find((one) => one.revision);
    if (found !== undefined) left.delete(found);
    return {
      host,
      pod,
      state: found === undefined ? 'missing' : found.revision === revision ? 'runs' : 'other-revision',
      manifest: revision,
      ...(found === undefined ? { containers: [], restarts: 0 } : seenOf(found)),
    };
  });
  const others = [...left].map(
    (one): ListedPod => ({
      host,
      pod:
        one.revision !== undefined && one.name.endsWith(`-${host}`)
          ? one.name.slice(0, -host.length - 1)
          : one.name,
      state: one.revision === undefined ? 'not-podstrap' : 'no-manifest',
      ...seenOf(one),
    }),
  );
  return [...withManifest, ...others];
}

/** A node may be called otherwise than its host; the longest name that fits is the one that is meant. */
const isNamed = (name: string, pod: string, manifests: PodsOfHost['manifests']): boolean =>
  name.startsWith(`${pod}-`) &&
  !manifests.some((other) => other.pod.length > pod.length && name.startsWith(`${other.pod}-`));

const seenOf = ({ namespace, revision, containers, restarts, age }: RunningPod) => ({
  namespace,
  ...(revision === undefined ? {} : { revision }),
  containers,
  restarts,
  ...(age === undefined ? {} : { age }),
});
