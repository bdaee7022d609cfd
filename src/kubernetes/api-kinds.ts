/** How the API addresses the objects of a kind. */
export interface ApiResource {
  /** Its name in paths, such as `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/**
 * The kinds that every supported API server serves in these versions: plural, `:` where they live in a namespace and `=`
 * where they do not, kind.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/
 */
const table: Readonly<Record<string, string>> = {
  v1: 'namespaces=Namespace nodes=Node persistentvolumes=PersistentVolume pods:Pod configmaps:ConfigMap secrets:Secret serviceaccounts:ServiceAccount services:Service endpoints:Endpoints events:Event persistentvolumeclaims:PersistentVolumeClaim replicationcontrollers:ReplicationController resourcequotas:ResourceQuota limitranges:LimitRange podtemplates:PodTemplate',
  'apps/v1':
    'deployments:Deployment daemonsets:DaemonSet statefulsets:StatefulSet replicasets:ReplicaSet controllerrevisions:ControllerRevision',
  'batch/v1': 'jobs:Job cronjobs:CronJob',
  'autoscaling/v1': 'horizontalpodautoscalers:HorizontalPodAutoscaler',
  'autoscaling/v2': 'horizontalpodautoscalers:HorizontalPodAutoscaler',
  'policy/v1': 'poddisruptionbudgets:PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1':
    'clusterroles=ClusterRole clusterrolebindings=ClusterRoleBinding roles:Role rolebindings:RoleBinding',
  'networking.k8s.io/v1': 'ingresses:Ingress ingressclasses=IngressClass networkpolicies:NetworkPolicy',
  'storage.k8s.io/v1':
    'storageclasses=StorageClass csidrivers=CSIDriver csinodes=CSINode csistoragecapacities:CSIStorageCapacity volumeattachments=VolumeAttachment',
  'scheduling.k8s.io/v1': 'priorityclasses=PriorityClass',
  'coordination.k8s.io/v1': 'leases:Lease',
  'discovery.k8s.io/v1': 'endpointslices:EndpointSlice',
  'node.k8s.io/v1': 'runtimeclasses=RuntimeClass',
  'certificates.k8s.io/v1': 'certificatesigningrequests=CertificateSigningRequest',
  'events.k8s.io/v1': 'events:Event',
  'flowcontrol.apiserver.k8s.io/v1':
    'flowschemas=FlowSchema prioritylevelconfigurations=PriorityLevelConfiguration',
  'apiextensions.k8s.io/v1': 'customresourcedefinitions=CustomResourceDefinition',
  'apiregistration.k8s.io/v1': 'apiservices=APIService',
  'admissionregistration.k8s.io/v1':
    'validatingwebhookconfigurations=ValidatingWebhookConfiguration mutatingwebhookconfigurations=MutatingWebhookConfiguration validatingadmissionpolicies=ValidatingAdmissionPolicy validatingadmissionpolicybindings=ValidatingAdmissionPolicyBinding',
};

/** Groups of the API server's own of which newer versions may have more kinds than the table. */
const open = ['resource.k8s.io', 'internal.apiserver.k8s.io', 'storagemigration.k8s.io'];

const byVersion = new Map(
  Object.entries(table).map(([apiVersion, list]) => [
    apiVersion,
    new Map(
      list.split(' ').map((entry): [string, ApiResource] => {
        const [, plural, separator, kind] = /^(\w+)([=:])(\w+)$/.exec(entry)!;
        return [kind!, { plural: plural!, namespaced: separator === ':' }];
      }),
    ),
  ]),
);

/** What names a kind. */
export interface TypeName {
  readonly apiVersion: string;
  readonly kind: string;
}

/** `apps` of `apps/v1`; empty for the core group. */
export const groupOf = ({ apiVersion }: Pick<TypeName, 'apiVersion'>): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

const groups = new Set([...[...byVersion.keys()].map((apiVersion) => groupOf({ apiVersion })), ...open]);

/** How to address a kind that every API server knows; undefined for any other. */
export const builtInResource = ({ apiVersion, kind }: TypeName): ApiResource | undefined =>
  byVersion.get(apiVersion)?.get(kind);

/** True when the API server itself brings the group: no CustomResourceDefinition is needed for its kinds. */
export const isBuiltInGroup = (group: string): boolean => groups.has(group);

/** The kinds of a group, by name, with the versions that have them. Empty for a group that is not built in. */
export function builtInKinds(group: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [apiVersion, kinds] of byVersion)
    if (groupOf({ apiVersion }) === group)
      for (const kind of kinds.keys()) found.set(kind, [...(found.get(kind) ?? []), apiVersion]);
  return found;
}
