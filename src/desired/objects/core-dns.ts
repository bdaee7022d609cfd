import { addressAt, firstNetwork } from '../../host/network.js';
import { type Host, isControlPlane } from '../../inventory/inventory.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import type { DesiredInput } from '../desired-input.js';
import { coreDnsImage } from '../images.js';
import { configMap } from './config-map.js';
import { corefile } from './corefile.js';
import { clusterRole, clusterRoleBinding, serviceAccount } from './rbac.js';
import { controlPlaneTaintKey, takesCoreDns } from './takes-core-dns.js';

const name = 'coredns';
const namespace = 'kube-system';
const labels = { 'k8s-app': 'kube-dns' };
const verbs = ['list', 'watch'];

/** The Service of the cluster's name servers, and how their pods are found; whoever brings others keeps to these names. */
export const nameServers = {
  service: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'kube-dns', namespace } },
  labelSelector: 'k8s-app=kube-dns',
};

/** CoreDNS as kubeadm installs it, and spread over nodes. */
export const coreDns = (input: DesiredInput): readonly ApiObject[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
  clusterRole(
    'system:coredns',
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs },
  ),
  clusterRoleBinding('system:coredns', 'system:coredns', serviceAccount(name)),
  configMap(namespace, name, { Corefile: corefile(input) }),
  deployment(input),
  service(input),
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace, labels },
    // A pod that answers nobody anyhow must not keep a node from being drained.
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: labels },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  },
];

/** The address that every kubelet tells its pods; see kubelet-config.ts. */
const service = ({ inventory }: DesiredInput): ApiObject => ({
  ...nameServers.service,
  metadata: {
    ...nameServers.service.metadata,
    labels: { ...labels, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
    annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
  },
  spec: {
    clusterIP: addressAt(firstNetwork(inventory.spec.networking.serviceSubnet), 10),
    selector: labels,
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
    ],
  },
});

const deployment = ({ inventory, members = inventory.spec.hosts }: DesiredInput): ApiObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels },
  spec: {
    replicas: inventory.spec.dns.replicas,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        priorityClassName: 'system-cluster-critical',
        serviceAccountName: name,
        dnsPolicy: 'Default',
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [
          { key: 'CriticalAddonsOnly', operator: 'Exists' },
          { key: controlPlaneTaintKey, effect: 'NoSchedule' },
        ],
        affinity: {
          ...(workersSuffice(members, inventory.spec.dns.replicas) ? { nodeAffinity: onWorkers } : {}),
          podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [apart] },
        },
        topologySpreadConstraints: [
          {
            labelSelector: { matchLabels: labels },
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            ...spread(members, inventory.spec.dns.replicas),
          },
        ],
        containers: [container(coreDnsImage(inventory))],
        volumes: [
          { name: 'config-volume', configMap: { name, items: [{ key: 'Corefile', path: 'Corefile' }] } },
        ],
      },
    },
  },
});

const apart = {
  weight: 100,
  podAffinityTerm: {
    labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] },
    topologyKey: 'kubernetes.io/hostname',
  },
};

/**
 * Pods of workers go on while all control planes are off, and nobody could take a name server that is gone out of its
 * Service then. So none is on a control plane, where there are workers for all of them. The label is named as the taint.
 */
const onWorkers = {
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: controlPlaneTaintKey, operator: 'DoesNotExist' }] }],
  },
};

const workersSuffice = (hosts: readonly Host[], replicas: number): boolean =>
  hosts.filter((host) => !isControlPlane(host) && takesCoreDns(host)).length >= replicas;

/**
 * Pods that are made while only one node is ready would all go there and stay. Where there are hosts enough, each waits
 * for one of its own instead, also while the other kubelets have not registered yet.
 */
const spread = (hosts: readonly Host[], replicas: number) =>
  hosts.filter(takesCoreDns).length >= replicas
    ? { whenUnsatisfiable: 'DoNotSchedule', minDomains: replicas }
    : { whenUnsatisfiable: 'ScheduleAnyway' };

const port = (containerPort: number, portName: string, protocol: string) => ({
  containerPort,
  name: portName,
  protocol,
});

const container = (image: string) => ({
  name,
  image,
  imagePullPolicy: 'IfNotPresent',
  args: ['-conf', '/etc/coredns/Corefile'],
  ports: [
    port(53, 'dns', 'UDP'),
    port(53, 'dns-tcp', 'TCP'),
    port(9153, 'metrics', 'TCP'),
    port(8080, 'liveness-probe', 'TCP'),
    port(8181, 'readiness-probe', 'TCP'),
  ],
  resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
  livenessProbe: {
    httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' },
    initialDelaySeconds: 60,
    timeoutSeconds: 5,
    successThreshold: 1,
    failureThreshold: 5,
  },
  // It is asked for the first time a moment before it can be ready; at the kubelet's own pace the next time is 10 s later.
  // It counts as unready after 30 s, as with kubeadm.
  readinessProbe: {
    httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' },
    periodSeconds: 2,
    failureThreshold: 15,
  },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  },
  volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
});
