import type { Transport } from '../../transport/transport.js';
import { askSections, type Sections } from '../sections.js';
import { taskFolders, tasksScript } from './pod-places.js';

/** A pod that has a sandbox which runs on a host, as its container runtime knows it: no API and no kubelet is asked. */
export interface RunningPod {
  readonly namespace: string;
  /** With the node's name at its end, as static pods are called. */
  readonly name: string;
  readonly uid: string;
  /** Value of its label podstrap.io/revision; absent for pods that are not podstrap's. */
  readonly revision?: string;
  /** Names of those that run, in order. */
  readonly containers: readonly string[];
  /** The highest number of starts after the first one that one of its containers has had. */
  readonly restarts: number;
  /** Seconds since its sandbox was started, by the host's own clock. */
  readonly age?: number;
}

/** A manifest in staticPodPath that podstrap has written. */
export interface LyingManifest {
  /** Of the pod, without that of the node. */
  readonly pod: string;
  readonly revision: string;
}

export interface PodsOfHost {
  readonly running: readonly RunningPod[];
  readonly manifests: readonly LyingManifest[];
}

const script = `exec 2>/dev/null
t clock; date +%s
${tasksScript}
t started; [ $# = 0 ] || stat -c '%Y %n' "$@"
t revisions; for i in $(ctr -n k8s.io containers ls -q 'labels."podstrap.io/revision",labels."io.cri-containerd.kind"==sandbox'); do
  [ -e "$R${taskFolders}/$i" ] && echo "$i $(ctr -n k8s.io containers info "$i" | grep -o '"podstrap.io/revision": "[a-f0-9]*"' | head -n 1)"; done
t manifests; cd "$R/etc/kubernetes/manifests" && grep -H '^ *podstrap.io/revision: ' *.yaml
t logs; cd "$R/var/log/pods" && for f in */*/*.log; do [ -e "$f" ] && echo "$f"; done
t end
`;

const titles = ['clock', 'tasks', 'annotations', 'started', 'revisions', 'manifests', 'logs', 'end'];

/** Asks the container runtime of a host what runs. Reads only. @throws Failure `unsound`, and what Transport.exec throws */
export async function lookAtPods(transport: Transport, signal?: AbortSignal): Promise<PodsOfHost> {
  const asked = { script, timeoutMs: 60_000, ...(signal ? { signal } : {}) };
  return podsIn((await askSections(transport, asked, (title) => titles.includes(title))).all);
}

/** What the sections say. Pure. */
export function podsIn(all: Sections): PodsOfHost {
  const tasks = tasksIn(all);
  const revisions = linesBy(
    all,
    'revisions',
    /^([0-9a-f]{64}) "podstrap\.io\/revision": "([0-9a-f]{1,64})"$/,
  );
  const started = new Map(
    linesBy(all, 'started', /^(\d{1,12}) ([0-9a-f]{64})\/config\.json$/).map(([at, id]) => [id!, Number(at)]),
  );
  const revisionOf = new Map(revisions.map(([id, revision]) => [id!, revision!]));
  const now = Number(all.get('clock')?.[0]);
  const highest = highestLogs(all);
  const running = tasks
    .filter(({ type }) => type === 'sandbox')
    .map(({ id, namespace, name, uid }): RunningPod => {
      const revision = revisionOf.get(id);
      const began = started.get(id);
      return {
        namespace,
        name,
        uid,
        ...(revision === undefined ? {} : { revision }),
        containers: tasks.flatMap((one) => (one.sandbox === id && one.container ? one.container : [])).sort(),
        restarts: highest.get(`${namespace}_${name}_${uid}`) ?? 0,
        ...(began === undefined || Number.isNaN(now) ? {} : { age: Math.max(0, now - began) }),
      };
    });
  const manifests = linesBy(
    all,
    'manifests',
    /^([a-z0-9][a-z0-9.-]{0,252})\.yaml: *podstrap\.io\/revision: ["']?([0-9a-f]{1,64})/,
  ).map(([pod, revision]) => ({ pod: pod!, revision: revision! }));
  return { running: running.sort(byName), manifests };
}

const byName = (one: RunningPod, other: RunningPod): number =>
  `${one.namespace}/${one.name}` < `${other.namespace}/${other.name}` ? -1 : 1;

interface Task {
  readonly id: string;
  readonly type: 'sandbox' | 'container';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly sandbox?: string;
  readonly container?: string;
}

const forms: Readonly<Record<string, RegExp>> = {
  'container-type': /^(sandbox|container)$/,
  'container-name': /^[a-z0-9-]{1,63}$/,
  'sandbox-id': /^[0-9a-f]{64}$/,
  'sandbox-name': /^[a-z0-9.-]{1,253}$/,
  'sandbox-namespace': /^[a-z0-9-]{1,63}$/,
  'sandbox-uid': /^[0-9a-fA-F-]{1,64}$/,
};

/** The tasks of pods that run; what the CRI did not start is none of them. Pure. */
export function tasksIn(all: Sections): readonly Task[] {
  const running = new Set(linesBy(all, 'tasks', /^(\S{1,128})\s+\d+\s+RUNNING\b/).map(([id]) => id!));
  const noted = new Map<string, Map<string, string>>();
  for (const [id, key, value] of linesBy(
    all,
    'annotations',
    /^([0-9a-f]{64})\/config\.json:"io\.kubernetes\.cri\.([a-z-]+)":"([^"]*)"$/,
  )) {
    if (!running.has(id!) || !forms[key!]?.test(value!)) continue;
    const one = noted.get(id!) ?? new Map<string, string>();
    noted.set(id!, one.set(key!, value!));
  }
  return [...noted].flatMap(([id, one]) => {
    const [type, namespace, name, uid] = [
      'container-type',
      'sandbox-namespace',
      'sandbox-name',
      'sandbox-uid',
    ].map((key) => one.get(key));
    if (type === undefined || namespace === undefined || name === undefined || uid === undefined) return [];
    const [sandbox, container] = [one.get('sandbox-id'), one.get('container-name')];
    return [
      {
        id,
        type: type as Task['type'],
        namespace,
        name,
        uid,
        ...(sandbox === undefined ? {} : { sandbox }),
        ...(container === undefined ? {} : { container }),
      },
    ];
  });
}

/** What the parentheses of a pattern hold, of the lines that it fits. */
const linesBy = (all: Sections, title: string, pattern: RegExp): readonly (readonly string[])[] =>
  (all.get(title) ?? []).flatMap((line) => {
    const found = pattern.exec(line);
    return found === null ? [] : [found.slice(1)];
  });

/** The kubelet numbers the logs of a container 0.log, 1.log, … in a folder that is named after the pod and its UID. */
function highestLogs(all: Sections): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  for (const [folder, number] of linesBy(all, 'logs', /^([^/\s]{1,400})\/[^/\s]{1,63}\/(\d{1,9})\.log$/))
    highest.set(folder!, Math.max(highest.get(folder!) ?? 0, Number(number)));
  return highest;
}
