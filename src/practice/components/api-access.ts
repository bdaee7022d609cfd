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
 * Whether a user may do something. Binding to cluster-admin and Roles of a namespace are looked up as they stand; beyond
 * that, only the built-in components' own rights are modelled, coarsely. ClusterRoles with rules are not.
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
  return etcd !== undefined && (isClusterAdmin(user, etcd) || hasRole(user, access, etcd));
}

const isClusterInfo = ({ resource, namespace, name, verb }: Access): boolean =>
  verb === 'get' && resource === 'configmaps' && namespace === 'kube-public' && name === 'cluster-info';

const isPublished = (etcd: Etcd): boolean =>
  [...etcd.entries().keys()].some((key) => key.startsWith('/registry/rolebindings/kube-public/'));

interface Binding {
  readonly roleRef?: { readonly kind?: string; readonly name?: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

const bindingsBelow = (prefix: string, etcd: Etcd): readonly Binding[] =>
  [...etcd.entries()]
    .filter(([key]) => key.startsWith(prefix))
    .map(([, { value }]) => JSON.parse(value) as Binding);

const isAbout = ({ subjects }: Binding, user: User): boolean =>
  subjects?.some(({ kind, name }) =>
    kind === 'Group' ? user.groups.includes(name) : kind === 'User' && user.name === name,
  ) ?? false;

const isClusterAdmin = (user: User, etcd: Etcd): boolean =>
  bindingsBelow('/registry/clusterrolebindings/', etcd).some(
    (binding) =>
      binding.roleRef?.kind === 'ClusterRole' &&
      binding.roleRef.name === 'cluster-admin' &&
      isAbout(binding, user),
  );

interface Rule {
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs?: readonly string[];
}

function hasRole(user: User, { namespace, resource, verb, name }: Access, etcd: Etcd): boolean {
  if (namespace === undefined) return false;
  return bindingsBelow(`/registry/rolebindings/${namespace}/`, etcd)
    .filter((binding) => binding.roleRef?.kind === 'Role' && isAbout(binding, user))
    .flatMap(({ roleRef }): readonly Rule[] => {
      const role = etcd.entries().get(`/registry/roles/${namespace}/${roleRef?.name}`);
      return role === undefined ? [] : ((JSON.parse(role.value) as { rules?: readonly Rule[] }).rules ?? []);
    })
    .some(
      ({ resources = [], resourceNames, verbs = [] }) =>
        resources.includes(resource) &&
        verbs.includes(verbOf[verb] ?? verb) &&
        (resourceNames === undefined || (name !== undefined && resourceNames.includes(name))),
    );
}

/** What rules call a method. */
const verbOf: Readonly<Record<string, string>> = { post: 'create', put: 'update' };
