import { paths } from '../../host/paths.js';
import { isControlPlane } from '../../inventory/inventory.js';
import type { HostInput } from '../host-input.js';
import type { FileResource, Owner, Resource } from '../resource.js';

/** Name of the user, and of its group. */
export const etcdUserName = 'etcd';

/** Ids that are tried one after the other where a host has no such user: of the system's range, and given out by no distribution. */
export const etcdIds = { first: 760, last: 720 } as const;

/** Users of the system have ids up to this one; those of people are above. */
export const lastSystemId = 999;

/** Certificates in the catalog that etcd itself reads, with their keys. */
export const etcdPairs: readonly string[] = ['etcd-server', 'etcd-peer'];

/** Whom etcd runs as on this host; undefined where that is root, and where there is no etcd. */
export const etcdUserOf = ({
  rows,
  host,
  traits,
}: Pick<HostInput, 'rows' | 'host' | 'traits'>): Owner | undefined =>
  rows.has('etcdUser') && isControlPlane(host)
    ? (traits.etcdUser ?? { uid: etcdIds.first, gid: etcdIds.first })
    : undefined;

/** The user, and what its pairs lie in. The folder is root's: whoever may write there decides what root writes to. */
export function etcdUser(input: HostInput): readonly Resource[] {
  const owner = etcdUserOf(input);
  if (owner === undefined) return [];
  const because = 'etcd runs as a user of its own';
  return [
    sysusers(owner, because),
    { kind: 'user', phase: 'node', name: etcdUserName, ...owner, file: paths.etcdUser, because },
    { kind: 'directory', phase: 'node', path: paths.etcdPairs, mode: 0o755, because },
  ];
}

/** A number alone also makes a group of that number; one of another number is there already. */
const sysusers = ({ uid, gid }: Owner, because: string): FileResource => ({
  kind: 'file',
  phase: 'node',
  path: paths.etcdUser,
  mode: 0o644,
  content: `u ${etcdUserName} ${uid === gid ? uid : `${uid}:${gid}`} "etcd of Kubernetes"\n`,
  because,
});
