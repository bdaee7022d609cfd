import { holderText } from '../../apply/lock/lock-script.js';
import type { Grouping } from '../../stories/pod-matrix.js';
import type { HostStatus, PodStatus, Status } from '../../stories/status.js';
import { type Dress, dressed, wrapped } from '../terminal.js';
import { folded, shownIn } from './foreign.js';
import { uncomparedLine } from './plan.js';
import { matrixLines } from './pod-matrix.js';

/** Days before its end from which a certificate is shown by name. */
const soon = 30;

/** A status as text. @param matrix what hosts are put together by: then only those that need somebody are shown one by one */
export function statusText(seen: Status, dress: Dress, width?: number, matrix?: Grouping): string {
  const status = shownIn(seen, (text) => folded(text, '      '));
  const head = status.healthy ? dressed(dress, 'green', 'healthy') : dressed(dress, 'red', 'not healthy');
  const lines = [
    `${dressed(dress, 'bold', status.cluster)}: ${head} (${situations[status.situation] ?? status.situation})  wanted: Kubernetes ${status.kubernetesVersion}`,
    '',
  ];
  if (matrix === undefined) for (const host of status.hosts) lines.push(...hostLines(host, dress), '');
  else {
    lines.push(...matrixLines(status, matrix, dress, width), '');
    for (const host of status.hosts.filter((one) => !isAsWanted(one)))
      lines.push(...hostLines(host, dress), '');
  }
  if (status.etcd.length > 0) {
    lines.push(dressed(dress, 'bold', 'etcd'));
    for (const member of status.etcd)
      lines.push(
        `  ${mark(member.answers, dress)} ${member.name}  ${member.role}${member.version ? `  ${member.version}` : ''}${member.answers ? '' : '  does not answer'}`,
      );
    lines.push('');
  }
  if (status.addons.length > 0) lines.push(...addonLines(status, dress), '');
  if (status.virtualAddress) lines.push(addressText(status.virtualAddress, dress), '');
  for (const said of status.refused) lines.push(`${dressed(dress, 'red', '!')} ${said}`);
  for (const drift of status.clusterDrift) lines.push(`${dressed(dress, 'yellow', '~')} cluster: ${drift}`);
  if (status.uncompared.length > 0)
    lines.push(`${dressed(dress, 'yellow', '!')} ${uncomparedLine(status.uncompared)}`);
  for (const { host, path, said } of status.strangers)
    lines.push(`${dressed(dress, 'yellow', '?')} ${host}: ${path}: ${said}`);
  const whole = width === undefined ? lines : lines.flatMap((line) => wrapped(line, width, '      '));
  return whole.join('\n').trimEnd();
}

const states = { well: 'runs', 'not-well': 'does not run as wanted', unknown: 'not known' } as const;

/** One line for each workload, and one for an addon that has none. */
const addonLines = ({ addons }: Status, dress: Dress): string[] => [
  dressed(dress, 'bold', 'addons'),
  ...addons.flatMap(({ name, objects, workloads }) =>
    workloads.length === 0
      ? [`  ${mark(true, dress)} ${name}  ${objects} object${objects === 1 ? '' : 's'}, nothing that runs`]
      : workloads.map(
          ({ object, state, said }) =>
            `  ${mark(state === 'well', dress)} ${name}  ${object}  ${states[state]}${said === undefined ? '' : `: ${said}`}`,
        ),
  ),
];

function addressText({ address, holders }: NonNullable<Status['virtualAddress']>, dress: Dress): string {
  const held =
    holders.length === 0 ? 'held by no host that can be reached' : `held by ${holders.join(' and ')}`;
  return `${mark(holders.length === 1, dress)} ${dressed(dress, 'bold', 'virtual address')}  ${address}  ${held}`;
}

const situations: Readonly<Record<string, string>> = {
  new: 'it does not exist yet; `podstrap up` creates it',
  bootstrapping: 'its first bootstrap is not finished; `podstrap up` continues it',
  live: 'etcd has quorum',
  down: 'etcd has no quorum',
  standalone: 'hosts without an API',
  lost: 'etcd’s data is gone on too many members; see docs/recovery.md',
};

const mark = (ok: boolean, dress: Dress): string =>
  ok ? dressed(dress, 'green', '✔') : dressed(dress, 'red', '✖');

const isAsWanted = ({ reachable, kubelet, pods, drift, lock }: HostStatus): boolean =>
  reachable &&
  kubelet?.healthy === true &&
  drift.length === 0 &&
  lock === undefined &&
  pods.every(({ healthy, running }) => healthy && running === 'wanted');

function hostLines(host: HostStatus, dress: Dress): string[] {
  if (!host.reachable) return [`${mark(false, dress)} ${dressed(dress, 'bold', host.host)}  ${host.said}`];
  const kubelet = host.kubelet ?? { healthy: false };
  return [
    `${mark(kubelet.healthy, dress)} ${dressed(dress, 'bold', host.host)}  ${host.os ?? ''}${kubelet.version ? `  kubelet ${kubelet.version}` : ''}${kubelet.healthy ? '' : `  ${kubelet.missing ?? ''}`}`,
    ...(host.lock === undefined ? [] : [`  ${dressed(dress, 'yellow', '~')} ${holderText(host.lock)}`]),
    ...host.pods.map((pod) => `  ${mark(pod.healthy && pod.running === 'wanted', dress)} ${podText(pod)}`),
    `  ${certificateText(host)}`,
    ...host.drift.map((drift) => `  ${dressed(dress, 'yellow', '~')} ${drift}`),
  ];
}

function podText({ name, version, wantedRevision, running, revision, restarts, missing }: PodStatus): string {
  const runs = {
    wanted: wantedRevision,
    other: `${revision ?? 'another revision'} instead of ${wantedRevision}`,
    none: 'not running',
  }[running];
  return `${name.padEnd(24)} ${(version ?? '').padEnd(9)} ${runs}  restarts ${restarts}${missing === undefined ? '' : `  ${missing}`}`;
}

function certificateText({ certificates }: HostStatus): string {
  const [first] = [...certificates].sort((a, b) => a.daysLeft - b.daysLeft);
  if (first === undefined) return 'no certificates yet';
  const ending = certificates.filter(({ daysLeft }) => daysLeft < soon);
  if (ending.length > 0)
    return `certificates that expire soon: ${ending.map(({ name, daysLeft }) => `${name} in ${daysLeft} days`).join(', ')}`;
  return `certificates: the next to expire is ${first.name}, in ${first.daysLeft} days`;
}
