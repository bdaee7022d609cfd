import { createHash } from 'node:crypto';
import { isIpv6 } from '../../host/network.js';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { canonicalYaml } from '../canonical-yaml.js';
import type { DesiredInput } from '../desired-input.js';
import { kubeProxyImage } from '../images.js';
import { mergePatch } from '../patches/merge-patch.js';
import { apiServerName, loopbackEndpoint } from '../pods/load-balancer.js';
import { configMap } from './config-map.js';
import { clusterRoleBinding, configMapReaders, group, serviceAccount } from './rbac.js';

const name = 'kube-proxy';
const namespace = 'kube-system';
const folder = '/var/lib/kube-proxy';
const secrets = '/var/run/secrets/kubernetes.io/serviceaccount';
const labels = { 'k8s-app': name };

/** kube-proxy as kubeadm installs it, on every node. */
export function kubeProxy(input: DesiredInput): readonly ApiObject[] {
  const files = {
    'config.conf': canonicalYaml(configuration(input)),
    'kubeconfig.conf': canonicalYaml(kubeconfig(input)),
  };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    clusterRoleBinding('kubeadm:node-proxier', 'system:node-proxier', serviceAccount(name)),
    ...configMapReaders(name, namespace, name, [group('system:bootstrappers:kubeadm:default-node-token')]),
    configMap(namespace, name, files),
    daemonSet(input, createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12)),
  ];
}

function configuration({ inventory, settled }: DesiredInput): unknown {
  const { hosts, networking, kubeProxy: own } = inventory.spec;
  const defaults = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    bindAddress: isIpv6(hosts[0]!.advertiseAddress) ? '::' : '0.0.0.0',
    clientConnection: { kubeconfig: `${folder}/kubeconfig.conf` },
    ...(networking.podSubnet === undefined ? {} : { clusterCIDR: networking.podSubnet }),
    mode: settled.proxyMode,
  };
  return mergePatch(defaults, own.config);
}

/** Loopback where that leads to the API on every node: kube-proxy then needs no other machine to be up. */
function cluster({ inventory, members, settled }: DesiredInput) {
  const loopback = loopbackEndpoint(inventory, members ?? inventory.spec.hosts);
  return {
    'certificate-authority': `${secrets}/ca.crt`,
    server: `https://${loopback ?? settled.endpoint}`,
    ...(loopback === undefined ? {} : { 'tls-server-name': apiServerName }),
  };
}

const kubeconfig = (input: DesiredInput) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'default', cluster: cluster(input) }],
  contexts: [{ name: 'default', context: { cluster: 'default', namespace: 'default', user: 'default' } }],
  'current-context': 'default',
  users: [{ name: 'default', user: { tokenFile: `${secrets}/token` } }],
});

/** @param revision of the configuration: read at the start only, so another one means other pods */
const daemonSet = ({ inventory }: DesiredInput, revision: string): ApiObject => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace, labels },
  spec: {
    selector: { matchLabels: labels },
    updateStrategy: { type: 'RollingUpdate' },
    template: {
      metadata: { labels, annotations: { 'podstrap.io/config': revision } },
      spec: {
        priorityClassName: 'system-node-critical',
        hostNetwork: true,
        serviceAccountName: name,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ operator: 'Exists' }],
        containers: [
          {
            name,
            image: kubeProxyImage(inventory),
            imagePullPolicy: 'IfNotPresent',
            command: [
              '/usr/local/bin/kube-proxy',
              `--config=${folder}/config.conf`,
              '--hostname-override=$(NODE_NAME)',
            ],
            env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
            securityContext: { privileged: true },
            volumeMounts: [
              { name, mountPath: folder },
              { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
              { name: 'lib-modules', mountPath: '/lib/modules', readOnly: true },
            ],
          },
        ],
        volumes: [
          { name, configMap: { name } },
          { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
          { name: 'lib-modules', hostPath: { path: '/lib/modules' } },
        ],
      },
    },
  },
});
