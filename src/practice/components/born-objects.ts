import type { Json } from './server-side-apply.js';

const namespace = (name: string) => ({
  path: '/api/v1/namespaces',
  object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
});
const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };

/** What an API server makes by itself in an empty cluster, as far as anyone here looks for it. */
export const bornObjects: readonly { readonly path: string; readonly object: Json }[] = [
  ...['default', 'kube-system', 'kube-public', 'kube-node-lease'].map(namespace),
  {
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    object: {
      ...rbac,
      kind: 'ClusterRole',
      metadata: { name: 'cluster-admin' },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    },
  },
  {
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    object: {
      ...rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'cluster-admin' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:masters' }],
    },
  },
];
