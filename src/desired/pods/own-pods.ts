import { paths } from '../../host/paths.js';
import { takesPart } from '../../inventory/host-kinds.js';
import type { Host, Inventory } from '../../inventory/inventory.js';
import { fixedPorts } from '../../kubernetes/fixed-ports.js';
import { type PodName, podNames } from '../../kubernetes/pod-names.js';
import { componentImage, loadBalancerImage, virtualAddressImage } from '../images.js';
import { etcdData, etcdValues } from './etcd.js';
import { balancerValues } from './haproxy.js';
import { apiServerValues } from './kube-apiserver.js';
import { controllerManagerValues } from './kube-controller-manager.js';
import { schedulerValues } from './kube-scheduler.js';
import { virtualAddressValues } from './kube-vip.js';
import { balancerFiles, balancerPort, revisionOfConfig } from './load-balancer.js';
import type { PodRow } from './pod-row.js';

const ofComponent = {
  on: 'control-plane',
  because: 'a component of the control plane',
  origins: {
    image: 'spec.kubernetesVersion',
    'secure-port': 'spec.apiServer.bindPort',
    'service-cluster-ip-range': 'spec.networking.serviceSubnet',
    'service-account-issuer': 'spec.networking.dnsDomain',
    'cluster-cidr': 'spec.networking.podSubnet',
    'cluster-name': 'spec.clusterName',
    'data-dir': 'spec.etcd.local.dataDir',
    failureThreshold: 'spec.timeouts.controlPlaneComponentHealthCheck',
  },
} as const;

/** The table of static pods. Whoever asks for one asks here; to add one is a row, a template and its name. */
export const ownPods: Readonly<Record<PodName, PodRow>> = {
  etcd: {
    ...ofComponent,
    image: (inventory) => componentImage(inventory, 'etcd'),
    values: etcdValues,
    // It talks to its peers and to nobody else.
    proxied: false,
    ports: () => fixedPorts.etcd,
    directories: (input) => [
      { path: `${paths.pki}/etcd`, mode: 0o755, because: 'certificates of etcd' },
      etcdData(input),
    ],
    needs: [],
    switched: 'store',
    takesAlong: ['kube-apiserver'],
    switchSeconds: 10,
  },
  'kube-apiserver': {
    ...ofComponent,
    image: (inventory) => componentImage(inventory, 'kube-apiserver'),
    values: apiServerValues,
    proxied: true,
    ports: ({ spec }) => [spec.apiServer.bindPort],
    needs: ['etcd'],
    knowsClients: true,
    switched: 'server',
    switchSeconds: 8,
  },
  'kube-controller-manager': {
    ...ofComponent,
    image: (inventory) => componentImage(inventory, 'kube-controller-manager'),
    values: controllerManagerValues,
    proxied: true,
    ports: () => [fixedPorts.controllerManager],
    needs: ['etcd', 'kube-apiserver'],
    elected: true,
    switched: 'beside',
  },
  'kube-scheduler': {
    ...ofComponent,
    image: (inventory) => componentImage(inventory, 'kube-scheduler'),
    values: schedulerValues,
    proxied: true,
    ports: () => [fixedPorts.scheduler],
    needs: ['etcd', 'kube-apiserver'],
    elected: true,
    switched: 'beside',
  },
  haproxy: {
    on: 'remote-node',
    when: ({ spec }) => spec.loadBalancer.type === 'haproxy',
    because: 'how this host reaches the API servers',
    goes: 'this host no longer has a load balancer',
    image: loadBalancerImage,
    values: balancerValues,
    ports: (inventory) => [balancerPort(inventory), inventory.spec.loadBalancer.healthPort],
    directories: () => [{ path: paths.balancer, mode: 0o755, because: 'configuration of the balancer' }],
    files: balancerFiles,
    reads: [{ path: paths.balancerConfig, effect: 'reload', reason: 'its pod checks for a new one' }],
    // No restart tells that it has loaded it.
    tells: { path: paths.balancerConfig, revisionIn: revisionOfConfig },
    needs: [],
    switched: 'beside',
    origins: { image: 'spec.loadBalancer.imageTag', containerPort: 'spec.loadBalancer.healthPort' },
  },
  'kube-vip': {
    on: 'control-plane',
    when: ({ spec }) => spec.virtualAddress !== undefined,
    because: 'spec.virtualAddress',
    goes: 'this host no longer takes the virtual address',
    image: virtualAddressImage,
    values: virtualAddressValues,
    ports: ({ spec }) => (spec.virtualAddress === undefined ? [] : [spec.virtualAddress.metricsPort]),
    needs: ['etcd', 'kube-apiserver'],
    switched: 'address',
    origins: { image: 'spec.virtualAddress.imageTag', containerPort: 'spec.virtualAddress.metricsPort' },
    variables: [
      ['spec', 'virtualAddress', 'address'],
      ['spec', 'virtualAddress', 'interface'],
    ],
  },
};

/** The row of a pod, by a name that may be anybody's; undefined for one that is not podstrap's own. */
export const podRow = (name: string): PodRow | undefined =>
  Object.hasOwn(ownPods, name) ? ownPods[name as PodName] : undefined;

/** The names of podstrap's own pods of which something is true, in their order. */
export const podsWith = (holds: (row: PodRow) => boolean): readonly PodName[] =>
  podNames.filter((name) => holds(ownPods[name]));

/** The static pods of a host. */
export const podsOn = (inventory: Inventory, host: Pick<Host, 'roles'>): readonly PodName[] =>
  podsWith(({ on, when }) => takesPart(host, on) && (when?.(inventory) ?? true));
