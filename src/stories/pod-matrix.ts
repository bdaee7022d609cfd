import type { Host } from '../inventory/inventory.js';
import type { HostStatus, PodStatus } from './status.js';

/** How many hosts of a group run which revision of a pod. */
export interface PodCount {
  readonly pod: string;
  /** Hosts that run the wanted revision. */
  readonly wanted: number;
  readonly other: number;
  readonly none: number;
  /** Hosts on which its gate is shut, whichever revision runs. */
  readonly unhealthy: number;
  /** What runs, the most frequent first. */
  readonly revisions: readonly { readonly revision: string; readonly hosts: number }[];
}

export interface PodGroup {
  /** Value of the label, or name of the host; absent for hosts without that label, and where all are one group. */
  readonly group?: string;
  readonly hosts: number;
  /** Those of them that could not be reached. */
  readonly away: number;
  readonly pods: readonly PodCount[];
}

/** By what hosts are put together: each alone, or by the value of a label. */
export type Grouping = { readonly by: 'host' } | { readonly by: 'label'; readonly key: string };

/**
 * Pods against hosts, hosts put together: groups in the order in which the inventory first has them. Pure.
 * @param grouping undefined: all hosts are one group
 */
export function podGroups(
  statuses: readonly HostStatus[],
  hosts: readonly Host[],
  grouping?: Grouping,
): readonly PodGroup[] {
  const labels = new Map(hosts.map(({ name, labels = {} }) => [name, labels]));
  const groupOf = ({ host }: HostStatus): string | undefined =>
    grouping === undefined ? undefined : grouping.by === 'host' ? host : labels.get(host)?.[grouping.key];
  const groups = new Map<string | undefined, HostStatus[]>();
  for (const status of statuses) {
    const group = groupOf(status);
    groups.set(group, [...(groups.get(group) ?? []), status]);
  }
  return [...groups].map(([group, members]) => ({
    ...(group === undefined ? {} : { group }),
    hosts: members.length,
    away: members.filter(({ reachable }) => !reachable).length,
    pods: countsOf(members.flatMap(({ pods }) => pods)),
  }));
}

function countsOf(pods: readonly PodStatus[]): readonly PodCount[] {
  const byName = new Map<string, PodStatus[]>();
  for (const pod of pods) byName.set(pod.name, [...(byName.get(pod.name) ?? []), pod]);
  return [...byName].map(([pod, all]) => {
    const running = (state: PodStatus['running']) => all.filter((one) => one.running === state).length;
    const revisions = new Map<string, number>();
    for (const { revision } of all)
      if (revision !== undefined) revisions.set(revision, (revisions.get(revision) ?? 0) + 1);
    return {
      pod,
      wanted: running('wanted'),
      other: running('other'),
      none: running('none'),
      unhealthy: all.filter(({ healthy }) => !healthy).length,
      revisions: [...revisions]
        .map(([revision, count]) => ({ revision, hosts: count }))
        .sort((one, other) => other.hosts - one.hosts),
    };
  });
}
