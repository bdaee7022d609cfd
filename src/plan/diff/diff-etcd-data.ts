import { etcdDatabase } from '../../desired/pods/etcd-marker.js';
import type { DesiredHost, DirectoryResource, Owner } from '../../desired/resource.js';
import type { HostFacts } from '../../observed/facts.js';
import type { Step } from '../step.js';
import { diffDirectory } from './diff-file.js';

/** What the diff may assume about etcd on a host; settled by make-plan.ts. */
export interface Birth {
  /** Path of the marker that lets etcd start on an empty data directory, when this host's etcd is to be born now. */
  readonly marker: string | undefined;
  /** True when data of a member that etcd no longer knows lies in the marker's folder. */
  readonly stale?: boolean;
  /** Where its data is; absent where there is no etcd. */
  readonly dataDir?: string;
}

/**
 * The folder of etcd's data. Where its pod is about to be another one, whoever brings that gives it the data as well, while
 * etcd is stopped. Where the pod stays, the data only comes back to the user that it runs as.
 */
export function diffEtcdData(
  host: string,
  wanted: DirectoryResource,
  facts: HostFacts,
  pods: readonly Step[],
): Step[] {
  const { path, owner, phase } = wanted;
  const moves = pods.some(({ action }) => 'pod' in action && action.pod === 'etcd');
  const own = diffDirectory(host, wanted, facts, moves || owner !== undefined);
  if (moves || owner === undefined) return own;
  const strange = [path, etcdDatabase(path)]
    .map((one) => facts.files[one])
    .find((fact) => fact !== undefined && (fact.uid !== owner.uid || fact.gid !== owner.gid));
  if (strange === undefined) return own;
  const reason = `${strange.path} belongs to ${strange.uid}:${strange.gid}`;
  return [...own, { host, phase, action: { do: 'own-etcd-data', path, owner }, reason }];
}

/** Whom etcd's data is to belong to, where that is not root. */
const ownerOfData = ({ resources }: DesiredHost, { dataDir }: Birth): Owner | undefined =>
  resources.find((one): one is DirectoryResource => one.kind === 'directory' && one.path === dataDir)?.owner;

/** Data of a member that etcd no longer knows, where another is born. */
export const setsAside = ({ marker, stale }: Birth): boolean => marker !== undefined && stale === true;

/** What lets etcd start on an empty data directory, this once. */
export function birthSteps(wanted: DesiredHost, facts: HostFacts, birth: Birth): Step[] {
  const { host } = wanted;
  const { marker, stale } = birth;
  const owner = ownerOfData(wanted, birth);
  if (marker === undefined) return [];
  const base = { host, phase: 'control-plane' } as const;
  const folder = marker.slice(0, marker.lastIndexOf('/'));
  const aside: Step[] = setsAside(birth)
    ? [
        {
          ...base,
          action: { do: 'set-aside-etcd-data', path: folder },
          reason: 'it is of a member that etcd no longer knows',
        },
      ]
    : [];
  if (!stale && facts.etcdMarkers.includes(marker.slice(folder.length + 1))) return [];
  return [
    ...aside,
    {
      ...base,
      action: { do: 'mark-etcd-birth', path: marker, ...(owner ? { owner } : {}) },
      reason: 'this etcd member is new',
    },
  ];
}
