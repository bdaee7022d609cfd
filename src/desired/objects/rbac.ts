import type { ApiObject } from '../resource.js';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;

export interface Subject {
  readonly kind: 'Group' | 'User';
  readonly name: string;
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export const group = (name: string): Subject => ({ kind: 'Group', name });
export const user = (name: string): Subject => ({ kind: 'User', name });

/** A ClusterRoleBinding of a ClusterRole. */
export const clusterRoleBinding = (name: string, clusterRole: string, subject: Subject): ApiObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup, kind: 'ClusterRole', name: clusterRole },
  subjects: [{ apiGroup, ...subject }],
});

export const clusterRole = (name: string, rule: Rule): ApiObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules: [rule],
});

/** A Role that lets `subjects` read one ConfigMap, and its RoleBinding of the same name. */
export const configMapReaders = (
  name: string,
  namespace: string,
  configMap: string,
  subjects: readonly Subject[],
): readonly ApiObject[] => [
  {
    apiVersion,
    kind: 'Role',
    metadata: { name, namespace },
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [configMap], verbs: ['get'] }],
  },
  {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup, kind: 'Role', name },
    subjects: subjects.map((subject) => ({ apiGroup, ...subject })),
  },
];
