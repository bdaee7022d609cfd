import { pauseImage } from '../desired/images.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import type { ProcessIdentity } from '../operator/process-identity.js';

/** On the namespaces of checks. */
export const checkLabel = 'podstrap.io/check';
/** On a check's namespace: the process that made it, as JSON. */
export const processAnnotation = 'podstrap.io/process';
/** Where the check's pods answer. */
export const port = 8080;
/** What they answer at this path: their own name. */
export const namePath = '/static/name';
/** The name of the check's DaemonSet, Service, PodDisruptionBudget and Lease. */
export const name = 'check';

const labels = { app: 'podstrap-check' };
/** The one program that is on every host and knows HTTP on both sides. */
export const kubectl = '/podstrap/kubectl';

export const namespaceNamed = (namespace: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace },
});

/** The namespace of one check. Its pods mount a file of the host, which only this level of security admits. */
export const checkNamespace = (namespace: string, made: ProcessIdentity): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: namespace,
    labels: { [checkLabel]: 'true', 'pod-security.kubernetes.io/enforce': 'privileged' },
    annotations: { [processAnnotation]: JSON.stringify(made) },
  },
});

/**
 * A pod on each of these nodes, whatever their taints are. It needs nothing that is not there: the image of every sandbox,
 * and the host's own kubectl, whose proxy serves a folder as well as an API server; that one leads nowhere here.
 */
export const checkPods = (inventory: Inventory, namespace: string, nodes: readonly string[]): ApiObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace, labels },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 1,
        tolerations: [{ operator: 'Exists' }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: nodes.map(only) },
          },
        },
        ...answering(pauseImage(inventory)),
      },
    },
  },
});

const only = (node: string) => ({
  matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }],
});

/** The containers and volumes of a pod that answers at `port` with its own name. It runs without any rights. */
export const answering = (image: string) => ({
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65534,
    runAsGroup: 65534,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  containers: [container(image)],
  volumes: [
    { name: 'kubectl', hostPath: { path: '/usr/local/bin/kubectl', type: 'File' } },
    {
      name: 'www',
      downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] },
    },
  ],
});

const container = (image: string) => ({
  name,
  image,
  imagePullPolicy: 'Never',
  command: [
    kubectl,
    'proxy',
    '--server=http://127.0.0.1:9',
    // Every address of the pod, of both families.
    '--address=',
    `--port=${port}`,
    '--accept-hosts=.*',
    '--accept-paths=^/static/',
    '--www=/www',
  ],
  ports: [{ containerPort: port, protocol: 'TCP' }],
  readinessProbe: { httpGet: { path: namePath, port }, periodSeconds: 1 },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  },
  volumeMounts: [
    { name: 'kubectl', mountPath: kubectl, readOnly: true },
    { name: 'www', mountPath: '/www', readOnly: true },
  ],
});

export const checkService = (namespace: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels },
  spec: {
    selector: labels,
    ipFamilyPolicy: 'PreferDualStack',
    ports: [{ port: 80, targetPort: port, protocol: 'TCP' }],
  },
});

export const checkBudget = (namespace: string): ApiObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace },
  spec: { minAvailable: 1, selector: { matchLabels: labels } },
});

/** @param time when it is renewed */
export const checkLease = (namespace: string, time: Date): ApiObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace },
  spec: {
    holderIdentity: 'podstrap-check',
    leaseDurationSeconds: 60,
    // Microseconds, as the API writes them.
    renewTime: time.toISOString().replace('Z', '000Z'),
  },
});
