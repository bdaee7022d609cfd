import type { DesiredHost } from '../../desired/resource.js';
import { compareVersions } from '../../kubernetes/version.js';
import { type Running, wantedVersions } from '../../observed/running.js';
import type { Step } from '../step.js';

/** True when a version of something changes that keeps the cluster's data or changes its form. Pure. */
export const changesRelease = (wanted: DesiredHost, running: Running): boolean => {
  const next = wantedVersions(wanted).components;
  return (['etcd', 'kube-apiserver'] as const).some((name) => {
    const [now, then] = [running.components[name], next[name]];
    return now !== undefined && then !== undefined && compareVersions(now, then) !== 0;
  });
};

/** What a live cluster needs before any of its hosts is upgraded. */
export const snapshotSteps = (
  hosts: readonly DesiredHost[],
  running: ReadonlyMap<string, Running>,
): readonly Step[] =>
  hosts.some((wanted) => changesRelease(wanted, running.get(wanted.host)!))
    ? [
        {
          host: '',
          phase: 'snapshot',
          action: { do: 'save-snapshot' },
          reason: 'versions change, and this snapshot is the way back',
        },
      ]
    : [];

/**
 * What goes before and after the other changes of one host of a live cluster.
 * @param drains its kubelet moves to another minor version: what its pods are made of may change with it, so they have to leave first
 */
export function drainSteps(
  host: string,
  drains: boolean,
  cordoned: boolean,
): { readonly before: readonly Step[]; readonly after: readonly Step[] } {
  const reason = drains
    ? 'its kubelet moves to another minor version'
    : 'an interrupted run has left it cordoned';
  return {
    before: drains ? [{ host, phase: 'binaries', action: { do: 'drain-node', node: host }, reason }] : [],
    after:
      drains || cordoned
        ? [{ host, phase: 'control-plane', action: { do: 'uncordon-node', node: host }, reason }]
        : [],
  };
}
