import type { ManifestPatch } from '../../src/inventory/inventory.js';
import { controlPlane } from './inventory-of.js';

type SpecText = Parameters<typeof import('./inventory-of.js').inventoryOf>[0];

/** One inventory for which kubeadm and podstrap are compared. */
export interface Scenario {
  readonly sentence: string;
  readonly spec: Omit<SpecText, 'kubernetesVersion'>;
  readonly patches?: readonly ManifestPatch[];
  readonly directories?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly externalAuthority?: boolean;
  readonly certificates?: boolean;
}

const hosts = [controlPlane(1)];
const patch = (
  target: ManifestPatch['target'],
  type: ManifestPatch['type'],
  content: unknown,
): ManifestPatch => ({ target, type, content, file: `patches/${target}+${type}.yaml` });

export const scenarios: readonly Scenario[] = [
  {
    sentence: 'nothing but hosts',
    spec: { hosts },
    certificates: true,
  },
  {
    sentence: 'an endpoint, a pod network, another port, registry, cluster name and domain',
    spec: {
      hosts,
      controlPlaneEndpoint: 'api.example.com:8443',
      clusterName: 'blue: green',
      imageRepository: 'registry.example.com/k8s',
      networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.32.0.0/16', dnsDomain: 'prod.example' },
      apiServer: { bindPort: 8443, certSANs: ['api.example.org'] },
      encryptionAlgorithm: 'ECDSA-P256',
      timeouts: { controlPlaneComponentHealthCheck: '1m35s' },
    },
    certificates: true,
  },
  {
    sentence: 'IPv6 and two families',
    spec: {
      hosts: [{ ...controlPlane(1), address: '2001:db8::11' }],
      networking: { podSubnet: 'fd00:1::/64,10.244.0.0/16', serviceSubnet: 'fd00:2::/112,10.96.0.0/12' },
    },
  },
  {
    sentence: 'arguments, variables and volumes of every kind',
    directories: ['/etc/pki/tls/certs', '/usr/share/ca-certificates', '/etc/ca-certificates'],
    spec: {
      hosts,
      apiServer: {
        extraArgs: [
          { name: 'v', value: '2' },
          { name: 'authorization-config', value: '/etc/authz.yaml' },
          { name: 'service-account-issuer', value: 'https://new.example' },
          { name: 'service-account-issuer', value: 'https://old.example' },
        ],
        extraEnvs: [
          { name: 'ZED', value: '1' },
          { name: 'ALPHA', value: 'a: b #c' },
        ],
        extraVolumes: [
          { name: 'audit', hostPath: '/var/log/audit', mountPath: '/audit', pathType: 'DirectoryOrCreate' },
          { name: 'ca-certs', hostPath: '/srv/ca', mountPath: '/etc/ssl/certs', readOnly: true },
        ],
      },
      controllerManager: {
        extraArgs: [
          { name: 'bind-address', value: '0.0.0.0' },
          { name: 'flex-volume-plugin-dir', value: '/opt/flex' },
        ],
      },
      scheduler: {
        extraArgs: [
          { name: 'bind-address', value: '10.0.0.11' },
          { name: 'leader-elect', value: 'false' },
        ],
        extraVolumes: [
          { name: 'config', hostPath: '/etc/s.yaml', mountPath: '/etc/s.yaml', pathType: 'File' },
        ],
      },
      etcd: {
        local: {
          dataDir: '/data/etcd',
          imageTag: '3.6.99-0',
          imageRepository: 'registry.example.com/etcd',
          extraArgs: [
            { name: 'listen-metrics-urls', value: 'https://0.0.0.0:3381,http://127.0.0.1:2381' },
            { name: 'advertise-client-urls', value: 'https://10.0.0.11:2379' },
            { name: 'snapshot-count', value: '5000' },
          ],
          extraEnvs: [{ name: 'GOGC', value: '50' }],
        },
      },
      kubelet: {
        config: {
          maxPods: 250,
          clusterDNS: ['169.254.20.10'],
          evictionHard: { 'memory.available': '200Mi' },
        },
        extraArgs: [{ name: 'v', value: '4' }],
      },
    },
  },
  {
    sentence: 'a proxy',
    spec: {
      hosts,
      networking: { podSubnet: '10.244.0.0/16' },
      proxy: {
        httpProxy: 'http://proxy:3128',
        httpsProxy: 'http://proxy:3128',
        noProxy: 'intra.example,10.0.0.0/24',
      },
      apiServer: { extraEnvs: [{ name: 'HTTP_PROXY', value: 'http://other:3128' }] },
    },
    env: {
      HTTP_PROXY: 'http://proxy:3128',
      HTTPS_PROXY: 'http://proxy:3128',
      NO_PROXY: 'intra.example,10.0.0.0/24',
    },
  },
  {
    sentence: 'an authority whose key is elsewhere',
    spec: { hosts, encryptionAlgorithm: 'ECDSA-P256' },
    externalAuthority: true,
  },
  {
    sentence: 'patches of all three kinds',
    spec: { hosts },
    patches: [
      patch('kube-apiserver', 'strategic', {
        metadata: { annotations: { owner: 'team' } },
        spec: {
          containers: [
            {
              name: 'kube-apiserver',
              env: [{ name: 'GOMEMLIMIT', value: '2GiB' }],
              resources: { requests: { cpu: null, memory: '1Gi' } },
              volumeMounts: [{ mountPath: '/extra', name: 'extra' }],
            },
            { name: 'beside', image: 'registry.example.com/beside:1' },
          ],
          volumes: [
            { name: 'extra', emptyDir: {} },
            { name: 'ca-certs', hostPath: { path: '/srv/ca' } },
          ],
        },
      }),
      patch('kube-controller-manager', 'merge', {
        metadata: { labels: { tier: null, team: 'blue' } },
        spec: { priority: 5, securityContext: null },
      }),
      patch('kube-scheduler', 'json', [
        { op: 'add', path: '/spec/containers/0/command/-', value: '--v=3' },
        { op: 'replace', path: '/spec/containers/0/resources/requests/cpu', value: '50m' },
        { op: 'remove', path: '/spec/containers/0/startupProbe' },
      ]),
      patch('etcd', 'strategic', {
        spec: { containers: [{ name: 'etcd', resources: { limits: { memory: '2Gi' } } }] },
      }),
      patch('kubeletconfiguration', 'strategic', { maxPods: 64, clusterDNS: ['10.96.0.53'] }),
    ],
  },
];
