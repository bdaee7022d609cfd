import type { Etcd } from './etcd.js';

/** Who makes a request; undefined for nobody in particular. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface Access {
  readonly verb: string;
  /** Path of a request that is about no object, such as /readyz; otherwise undefined. */
  readonly path: string | undefined;
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** What everyone may read, as role system:public-info-viewer says. */
const publicPaths = /^\/(livez|readyz|healthz|version)\b/;

/**
 * Whether a user may do something. Binding to cluster-admin is looked up as it stands; beyond that, only the built-in
 * components' own rights are modelled, coarsely. Roles with rules are not.
 */
export function isAllowed(user: User | undefined, access: Access, etcd: Etcd | undefined): boolean {
  if (access.path !== undefined && publicPaths.test(access.path)) return true;
  if (user === undefined) return isClusterInfo(access) && etcd !== undefined && isPublished(etcd);
  if (user.groups.includes('system:masters')) return true;
  if (
    user.groups.includes('system:nodes') ||
    user.name === 'system:kube-controller-manager' ||
    user.name === 'system:kube-scheduler'
  )
    return true;
  return etcd !== undefined && isClusterAdmin(user, etcd);
}

const isClusterInfo = ({ resource, namespace, name, verb }: Access): boolean =>
  verb === 'get' && resource === 'configmaps' && namespace === 'kube-public' && name === 'cluster-info';

const isPublished = (etcd: Etcd): boolean =>
  [...etcd.entries().keys()].some((key) => key.startsWith('/registry/rolebindings/kube-public/'));

interface Binding {
  readonly roleRef?: { readonly kind?: string; readonly name?: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

function isClusterAdmin(user: User, etcd: Etcd): boolean {
  return [...etcd.entries()]
    .filter(([key]) => key.startsWith('/registry/clusterrolebindings/'))
    .map(([, { value }]) => JSON.parse(value) as Binding)
    .some(
      ({ roleRef, subjects }) =>
        roleRef?.kind === 'ClusterRole' &&
        roleRef.name === 'cluster-admin' &&
        subjects?.some(({ kind, name }) =>
          kind === 'Group' ? user.groups.includes(name) : kind === 'User' && user.name === name,
        ),
    );
}
