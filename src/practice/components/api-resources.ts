import type { CustomKind } from './custom-resources.js';

/** The resources that the practice API server knows: group → plural → kind, and whether it lives in a namespace. */
const known: Readonly<Record<string, string>> = {
  '': 'nodes=Node namespaces=Namespace persistentvolumes=PersistentVolume configmaps:ConfigMap secrets:Secret serviceaccounts:ServiceAccount pods:Pod services:Service endpoints:Endpoints events:Event',
  apps: 'deployments:Deployment daemonsets:DaemonSet statefulsets:StatefulSet replicasets:ReplicaSet',
  batch: 'jobs:Job cronjobs:CronJob',
  'rbac.authorization.k8s.io':
    'clusterroles=ClusterRole clusterrolebindings=ClusterRoleBinding roles:Role rolebindings:RoleBinding',
  'coordination.k8s.io': 'leases:Lease',
  'certificates.k8s.io': 'certificatesigningrequests=CertificateSigningRequest',
  'storage.k8s.io': 'storageclasses=StorageClass csinodes=CSINode',
  'scheduling.k8s.io': 'priorityclasses=PriorityClass',
  policy: 'poddisruptionbudgets:PodDisruptionBudget',
  'networking.k8s.io': 'networkpolicies:NetworkPolicy ingresses:Ingress',
  'apiextensions.k8s.io': 'customresourcedefinitions=CustomResourceDefinition',
  'admissionregistration.k8s.io':
    'validatingwebhookconfigurations=ValidatingWebhookConfiguration mutatingwebhookconfigurations=MutatingWebhookConfiguration',
};

export interface ResourceKind {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const table = new Map<string, ResourceKind>(
  Object.entries(known).flatMap(([group, list]) =>
    list.split(' ').map((entry) => {
      const [, plural, separator, kind] = /^(\w+)([=:])(\w+)$/.exec(entry)! as unknown as string[];
      const resource = { group, plural: plural!, kind: kind!, namespaced: separator === ':' };
      return [`${group}/${plural}`, resource] as const;
    }),
  ),
);

/** Every kind that needs no definition. */
export const builtInKinds: readonly ResourceKind[] = [...table.values()];

/** What a path of the API addresses. */
export interface Target {
  readonly resource: ResourceKind;
  readonly apiVersion: string;
  readonly namespace: string | undefined;
  /** Absent for a whole collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/**
 * Reads a path of the API; undefined when the server could not find such a resource.
 * @param custom kinds that definitions bring
 */
export function parseTarget(path: string, custom: readonly CustomKind[] = []): Target | undefined {
  const words = path.split('/').filter(Boolean).map(decodeURIComponent);
  const group = words[0] === 'apis' ? words[1] : words[0] === 'api' ? '' : undefined;
  if (group === undefined) return undefined;
  const rest = words.slice(group === '' ? 2 : 3);
  const version = words[group === '' ? 1 : 2];
  const inNamespace =
    rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural, name, subresource] = inNamespace ? rest.slice(2) : rest;
  const own = custom.find((one) => one.group === group && one.plural === plural);
  const resource = own ?? table.get(`${group}/${plural}`);
  const isServed = own === undefined ? /^v\d/.test(version ?? '') : own.versions.includes(version ?? '');
  if (resource === undefined || !isServed) return undefined;
  // A collection may be listed over all namespaces; an object is named within its own.
  if (resource.namespaced ? name !== undefined && namespace === undefined : namespace !== undefined)
    return undefined;
  return {
    resource,
    apiVersion: group === '' ? version! : `${group}/${version}`,
    namespace,
    name,
    subresource,
  };
}

/** Key of an object in etcd, as Kubernetes lays it out. */
export function etcdKey({ resource, namespace, name }: Target, ownName = name): string {
  const group =
    resource.group === '' || !resource.group.includes('.') || resource.group.endsWith('.k8s.io')
      ? ''
      : `${resource.group}/`;
  return `/registry/${group}${resource.plural}/${namespace === undefined ? '' : `${namespace}/`}${ownName ?? ''}`;
}
