import type { ManifestPatch } from '../../src/inventory/inventory.js';
import { controlPlane, type inventoryOf, worker } from './inventory-of.js';

type SpecText = Parameters<typeof inventoryOf>[0];

export interface GoldenCase {
  readonly name: string;
  readonly spec: Omit<SpecText, 'kubernetesVersion'>;
  readonly patches?: readonly ManifestPatch[];
  /** It was made by this podstrap. Default: by one that noted no defaults, so that nothing hardens it. */
  readonly isNew?: true;
}

/** Inventories of which every file of every host is kept as a golden, for one release of each supported minor. */
export const goldenCases: readonly GoldenCase[] = [
  {
    name: 'single-node',
    spec: { hosts: [{ ...controlPlane(1), roles: ['control-plane', 'worker'] }] },
  },
  {
    name: 'three-control-planes',
    spec: {
      controlPlaneEndpoint: 'api.example.com',
      networking: { podSubnet: '10.244.0.0/16' },
      hosts: [
        controlPlane(1),
        controlPlane(2),
        controlPlane(3),
        {
          ...worker(1),
          labels: { disk: 'ssd' },
          taints: [{ key: 'gpu', value: 'a100', effect: 'NoSchedule' }],
        },
      ],
    },
  },
  {
    name: 'old-host-with-a-proxy',
    spec: {
      hosts: [
        { ...controlPlane(1), kubelet: { config: { maxPods: 50 }, extraArgs: [{ name: 'v', value: '4' }] } },
      ],
      proxy: { httpsProxy: 'http://proxy:3128', noProxy: '10.0.0.0/24' },
      kubelet: {
        config: { cgroupDriver: 'cgroupfs', failSwapOn: false, failCgroupV1: false },
        unit: { Service: { RestartSec: '10', Environment: '' }, Unit: { Documentation: '' } },
      },
      containerd: {
        config: { plugins: { 'io.containerd.cri.v1.runtime': { restrict_oom_score_adj: true } } },
        unit: { Service: { OOMScoreAdjust: '' } },
      },
    },
  },
  {
    name: 'two-families',
    spec: {
      hosts: [{ ...controlPlane(1), address: '2001:db8::11' }],
      networking: { podSubnet: 'fd00:1::/64,10.244.0.0/16', serviceSubnet: 'fd00:2::/112,10.96.0.0/12' },
    },
    patches: [
      {
        target: 'etcd',
        type: 'json',
        file: 'patches/etcd+json.yaml',
        content: [{ op: 'add', path: '/spec/containers/0/resources/limits', value: { memory: '2Gi' } }],
      },
      {
        target: 'kubeletconfiguration',
        type: 'strategic',
        file: 'patches/kubeletconfiguration.yaml',
        content: { maxPods: 64 },
      },
    ],
  },
  {
    name: 'made-now',
    spec: { hosts: [{ ...controlPlane(1), roles: ['control-plane', 'worker'] }] },
    isNew: true,
  },
  {
    name: 'cis',
    spec: {
      profile: 'cis',
      hardening: { protectKernelDefaults: true },
      authentication: {
        jwt: [
          {
            issuer: { url: 'https://issuer.example.com', audiences: ['kubernetes'] },
            claimMappings: { username: { claim: 'email', prefix: 'oidc:' } },
          },
        ],
      },
      hosts: [controlPlane(1), worker(1)],
    },
  },
];

export const goldenVersions = ['v1.34.4', 'v1.35.4', 'v1.36.3', 'v1.37.2'];
