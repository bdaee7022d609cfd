import type { ApiObject } from '../../kubernetes/api-object.js';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;

export interface Subject {
  readonly kind: 'Group' | 'User' | 'ServiceAccount';
  readonly name: string;
  /** Of users and groups. */
  readonly apiGroup?: string;
  /** Of service accounts. */
  readonly namespace?: string;
}

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export const group = (name: string): Subject => ({ apiGroup, kind: 'Group', name });
export const user = (name: string): Subject => ({ apiGroup, kind: 'User', name });
/** A service account of kube-system. */
export const serviceAccount = (name: string): Subject => ({
  kind: 'ServiceAccount',
  name,
  namespace: 'kube-system',
});

/** A ClusterRoleBinding of a ClusterRole. */
export const clusterRoleBinding = (name: string, clusterRole: string, subject: Subject): ApiObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup, kind: 'ClusterRole', name: clusterRole },
  subjects: [subject],
});

export const clusterRole = (name: string, ...rules: readonly Rule[]): ApiObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
});

/** A Role, and its RoleBinding of the same name. */
export const roleFor = (
  name: string,
  namespace: string,
  rules: readonly Rule[],
  subjects: readonly Subject[],
): readonly ApiObject[] => [
  { apiVersion, kind: 'Role', metadata: { name, namespace }, rules },
  {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup, kind: 'Role', name },
    subjects,
  },
];

/** A Role that lets `subjects` read one ConfigMap, and its RoleBinding. */
export const configMapReaders = (
  name: string,
  namespace: string,
  configMap: string,
  subjects: readonly Subject[],
): readonly ApiObject[] =>
  roleFor(
    name,
    namespace,
    [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [configMap], verbs: ['get'] }],
    subjects,
  );
