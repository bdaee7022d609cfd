import { apiMinors } from '../../kubernetes/known-api-types.js';
import { formatPath } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { fillPod, hasTemplates } from './fill-pod.js';
import { judgePod } from './judge-pod.js';
import { collide, portsOnHost, portText, type TakenPort } from './judge-ports.js';
import { ownPortsOn } from './own-ports.js';
import type { PodComplaint } from './pod-rule.js';
import type { ReadPod } from './read-pod.js';
import { type HostSelector, selects } from './selects.js';
import { templateValues } from './template-values.js';
import type { DraftedHost, DraftedPod, WithStaticPods } from './with-static-pods.js';

/** Every Pod as it would come to its hosts, and what several on one host would fight for. One that is the same everywhere is judged once. Pure. */
export function judgePods(
  draft: WithStaticPods,
  manifests: ReadonlyMap<number, ReadPod>,
): readonly Finding[] {
  const taken = new Map<string, readonly Owned[]>();
  return [...manifests].flatMap(([index, manifest]) => {
    const entry = draft.spec?.staticPods?.[index];
    return entry?.name === undefined
      ? []
      : judgeEntry(draft, { entry, index, name: entry.name, ...manifest }, taken);
  });
}

interface Judged extends ReadPod {
  readonly entry: DraftedPod;
  readonly index: number;
  readonly name: string;
}

/** A port of a host, and who has it. */
interface Owned extends TakenPort {
  readonly by: string;
}

const ownOn = (draft: WithStaticPods, host: DraftedHost): readonly Owned[] =>
  ownPortsOn(draft, host).map(({ port, by, onLoopback }) => ({
    port,
    protocol: 'TCP',
    by,
    ...(onLoopback ? { address: '127.0.0.1' } : {}),
  }));

/** @param taken ports by host, and whose they are */
function judgeEntry(
  draft: WithStaticPods,
  { entry, index, name, pod, placeOf }: Judged,
  taken: Map<string, readonly Owned[]>,
): readonly Finding[] {
  const findings = new Map<string, Finding>();
  const tell = ({ path: at, found, ...rest }: PodComplaint) => {
    const said = `${formatPath(at)}: ${found}`;
    const path = ['spec', 'staticPods', index, 'manifest'];
    if (!findings.has(said)) findings.set(said, { path, place: placeOf(at), found: said, ...rest });
  };
  const hosts = (draft.spec?.hosts ?? [])
    .flatMap((host) => host ?? [])
    .filter((host) => selects(entry.hosts as HostSelector | undefined, host));
  const circumstances = {
    minor: minorOf(draft.spec?.kubernetesVersion),
    name,
    hosts: hosts.flatMap((host) => host.name ?? []),
    files: filesOf(entry),
  };
  const isSame = !hasTemplates(pod);
  if (isSame) for (const complaint of judgePod(pod, circumstances)) tell(complaint);
  for (const host of hosts) {
    const filled = isSame ? { pod, unfilled: [] } : fillPod(pod, templateValues(draft, host));
    for (const { path, problem } of filled.unfilled)
      tell({ path, found: `${problem} on ${host.name}`, expected: 'a template whose values are all there' });
    if (filled.unfilled.length > 0) break;
    if (!isSame) for (const complaint of judgePod(filled.pod, circumstances)) tell(complaint);
    const owned = taken.get(host.name ?? '') ?? ownOn(draft, host);
    const asked = portsOnHost(filled.pod);
    for (const port of asked) {
      const other = owned.find((one) => one.by !== name && collide(one, port));
      if (other !== undefined)
        tell({
          path: port.path,
          found: `port ${portText(port)} of ${host.name}, which ${other.by} takes as well`,
          expected: 'a port of its own',
        });
    }
    taken.set(host.name ?? '', [...owned, ...asked.map((port) => ({ ...port, by: name }))]);
  }
  return [...findings.values()];
}

const filesOf = ({ files = [] }: DraftedPod) =>
  files.flatMap((file) => {
    if (file?.path === undefined) return [];
    const containers = file.containers?.flatMap((one) => one ?? []);
    return [{ path: file.path, ...(containers ? { containers } : {}) }];
  });

/** Of a version that no table tells of, as the nearest one. */
function minorOf(version = ''): number {
  const minor = Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
  const [first = 0, last = first] = [apiMinors[0], apiMinors.at(-1)];
  return Number.isNaN(minor) ? last : Math.min(Math.max(minor, first), last);
}
