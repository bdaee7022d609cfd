import { knownMinors } from '../../kubernetes/known-flags.js';
import { formatPath } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { fillPod, hasTemplates } from './fill-pod.js';
import { judgePod } from './judge-pod.js';
import { portsOnHost } from './judge-ports.js';
import type { PodComplaint } from './pod-rule.js';
import type { ReadPod } from './read-pod.js';
import { type HostSelector, selects } from './selects.js';
import { templateValues } from './template-values.js';
import type { DraftedPod, WithStaticPods } from './with-static-pods.js';

/** Every Pod as it would come to its hosts, and what several on one host would fight for. One that is the same everywhere is judged once. Pure. */
export function judgePods(
  draft: WithStaticPods,
  manifests: ReadonlyMap<number, ReadPod>,
): readonly Finding[] {
  const taken = new Map<string, string>();
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

/** @param taken ports by host, and whose they are */
function judgeEntry(
  draft: WithStaticPods,
  { entry, index, name, pod, placeOf }: Judged,
  taken: Map<string, string>,
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
    for (const { port, path } of portsOnHost(filled.pod)) {
      const key = `${host.name} ${port}`;
      const other = taken.get(key) ?? name;
      taken.set(key, other);
      if (other !== name)
        tell({
          path,
          found: `port ${port} of ${host.name}, which ${other} takes as well`,
          expected: 'a port of its own',
        });
    }
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
  const [first = 0, last = first] = [knownMinors[0], knownMinors.at(-1)];
  return Number.isNaN(minor) ? last : Math.min(Math.max(minor, first), last);
}
