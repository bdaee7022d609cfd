import type { Host, Role } from './inventory.js';

/**
 * What of a cluster a host can take part in. Tables (certificates, static pods, checks) say on which part a row depends, and
 * never ask for a role.
 *
 * `kubelet`: it runs static pods. `node`: its kubelet registers with the API. `control-plane`: it has a member of etcd and an
 * API server of its own. `remote-node`: a node that reaches the API servers of others.
 */
export type HostPart = 'kubelet' | 'node' | 'control-plane' | 'remote-node';

/** A kind of host: a row of the table from which its certificates, pods, checks, gates and undoing follow. */
export interface HostKind {
  /** The roles in the inventory that make a host one of this kind. */
  readonly roles: readonly Role[];
  readonly parts: readonly HostPart[];
  /** Taints and labels that its node has unless the inventory says otherwise: kubeadm's. */
  readonly taints: readonly { readonly key: string; readonly effect: string }[];
  readonly labels: Readonly<Record<string, string>>;
  /** What a machine of this kind needs at least, where there is a bound: kubeadm's. Memory in bytes. */
  readonly atLeast?: { readonly cpus: number; readonly memory: number };
}

const controlPlane = {
  parts: ['kubelet', 'node', 'control-plane'],
  labels: {
    'node-role.kubernetes.io/control-plane': '',
    'node.kubernetes.io/exclude-from-external-load-balancers': '',
  },
  atLeast: { cpus: 2, memory: 1_700 * 1_000_000 },
} as const;

export const hostKinds: readonly HostKind[] = [
  {
    ...controlPlane,
    roles: ['control-plane'],
    taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
  },
  { ...controlPlane, roles: ['control-plane', 'worker'], taints: [] },
  { roles: ['worker'], parts: ['kubelet', 'node', 'remote-node'], taints: [], labels: {} },
  // Given to every host of a fleet; nobody writes it.
  { roles: ['standalone'], parts: ['kubelet'], taints: [], labels: {} },
];

type Roles = Pick<Host, 'roles'>;

/** The kind that a host is. @throws Error for roles that the inventory would have refused */
export function kindOf({ roles }: Roles): HostKind {
  const known = kinds.get(roles);
  if (known !== undefined) return known;
  const found = hostKinds.find(
    (kind) => kind.roles.length === new Set(roles).size && kind.roles.every((role) => roles.includes(role)),
  );
  if (found === undefined) throw new Error(`no kind of host has the roles ${roles.join(', ')}`);
  kinds.set(roles, found);
  return found;
}

/** It is asked for every host, and of a thousand hosts often. */
const kinds = new WeakMap<Roles['roles'], HostKind>();

/** Whether a host takes part in this. */
export const takesPart = (host: Roles, part: HostPart): boolean => kindOf(host).parts.includes(part);
