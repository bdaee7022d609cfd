import type { Grouping, PodCount, PodGroup } from '../../stories/pod-matrix.js';
import type { HostStatus, PodStatus, Status } from '../../stories/status.js';
import { type Dress, dressed } from '../terminal.js';
import { type TableRow, tableLines } from './table.js';

/** Revisions of a pod that are told one by one, where each host may have its own. */
const mostRevisions = 4;

/** Pods against hosts, each alone or put together, and what all have together. */
export function matrixLines(
  status: Status,
  grouping: Grouping,
  dress: Dress,
  width?: number,
): readonly string[] {
  const pods = [...new Set(status.groups.flatMap((group) => group.pods.map(({ pod }) => pod)))];
  if (grouping.by === 'host') return hostMatrix(status.hosts, pods, dress, width);
  const rows = status.groups.map((group) => groupRow(group, pods, dress));
  return tableLines([{ cells: [grouping.key, 'HOSTS', ...pods], style: 'bold' }, ...rows], dress, width);
}

function hostMatrix(
  hosts: readonly HostStatus[],
  pods: readonly string[],
  dress: Dress,
  width: number | undefined,
): readonly string[] {
  const rows = hosts.map((host): TableRow => {
    const byName = new Map(host.pods.map((pod) => [pod.name, pod]));
    const cells = pods.map((pod) => (host.reachable ? hostCell(byName.get(pod), dress) : ''));
    const kubelet = !host.reachable
      ? 'away'
      : host.kubelet?.healthy === true
        ? (host.kubelet.version ?? 'runs')
        : 'not well';
    return { cells: [host.host, kubelet, ...cells] };
  });
  const all = pods.map((pod) => {
    const here = hosts.flatMap((host) => host.pods.filter(({ name }) => name === pod));
    const well = here.filter(({ running, healthy }) => running === 'wanted' && healthy).length;
    return `${well} of ${here.length}`;
  });
  const reached = hosts.filter(({ reachable }) => reachable).length;
  return tableLines(
    [
      { cells: ['HOST', 'KUBELET', ...pods], style: 'bold' },
      ...rows,
      { cells: ['as wanted', `${reached} of ${hosts.length} reached`, ...all], style: 'bold' },
    ],
    dress,
    width,
  );
}

const mark = (well: boolean, dress: Dress): string =>
  well ? dressed(dress, 'green', '✔') : dressed(dress, 'red', '✖');

function hostCell(pod: PodStatus | undefined, dress: Dress): string {
  if (pod === undefined) return '-';
  const { running, healthy, revision } = pod;
  return `${mark(running === 'wanted' && healthy, dress)} ${revision ?? 'not running'}`;
}

function groupRow(
  { group, hosts, away, pods: counts }: PodGroup,
  pods: readonly string[],
  dress: Dress,
): TableRow {
  const byName = new Map(counts.map((one) => [one.pod, one]));
  return {
    cells: [
      group ?? '(none)',
      away === 0 ? String(hosts) : `${hosts}, ${away} away`,
      ...pods.map((pod) => groupCell(byName.get(pod), dress)),
    ],
    below: counts.flatMap((count) => (count.other + count.none === 0 ? [] : [`    ${revisionsText(count)}`])),
  };
}

function groupCell(count: PodCount | undefined, dress: Dress): string {
  if (count === undefined) return '-';
  const { wanted, other, none, unhealthy, revisions } = count;
  const [only] = revisions.length === 1 ? revisions : [];
  const all = wanted + other + none;
  const told =
    wanted === all ? `${all}${only === undefined ? '' : ` × ${only.revision}`}` : `${wanted} of ${all}`;
  return `${mark(wanted === all && unhealthy === 0, dress)} ${told}${unhealthy === 0 ? '' : `, ${unhealthy} unhealthy`}`;
}

/** `web: 28 × 5f2c9a1b, 2 × 11aa22bb, 1 does not run` */
function revisionsText({ pod, none, revisions }: PodCount): string {
  const told = revisions.slice(0, mostRevisions).map(({ revision, hosts }) => `${hosts} × ${revision}`);
  const more = revisions.length - told.length;
  return `${pod}: ${[
    ...told,
    ...(more > 0 ? [`${more} more revisions`] : []),
    ...(none > 0 ? [`${none} not running`] : []),
  ].join(', ')}`;
}
