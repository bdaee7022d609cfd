import { describe, expect, test } from 'vitest';
import { complaintsAbout, documentWith, problemsOf } from './sample.js';

const controlPlane = (number: number, more: object = {}) => ({
  name: `cp-${number}`,
  address: `192.0.2.${number}`,
  roles: ['control-plane'],
  ...more,
});
const hosts = (...list: object[]) => ({ controlPlaneEndpoint: 'api.example.com', hosts: list });
const networking = (fields: object) => ({ networking: fields });

const key = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(36)]);

const errors: readonly [sentence: string, spec: Record<string, unknown>, ...complaints: string[]][] = [
  [
    'a version before the supported ones',
    { kubernetesVersion: 'v1.33.9' },
    'spec.kubernetesVersion: v1.33.9 is not supported by this podstrap',
  ],
  [
    'a version after them',
    { kubernetesVersion: 'v1.99.0' },
    'spec.kubernetesVersion: v1.99.0 is not supported by this podstrap',
  ],
  ['a version without its v', { kubernetesVersion: '1.36.3' }, 'spec.kubernetesVersion: "1.36.3"'],
  ['no hosts', { hosts: [] }, 'spec.hosts: a list'],
  [
    'no control plane',
    hosts({ ...controlPlane(1), roles: ['worker'] }),
    'spec.hosts: no host is a control plane',
  ],
  ['a host without a role', hosts({ ...controlPlane(1), roles: [] }), 'spec.hosts[0].roles: a list'],
  [
    'two hosts of one name',
    hosts(controlPlane(1), { ...controlPlane(2), name: 'cp-1', roles: ['worker'] }),
    'spec.hosts[1].name: "cp-1" is also spec.hosts[0].name',
  ],
  [
    'two hosts at one address',
    hosts(controlPlane(1), { name: 'w', address: '192.0.2.1', roles: ['worker'] }),
    'spec.hosts[1].address: "192.0.2.1" is also spec.hosts[0].address',
  ],
  [
    'an address that another host advertises',
    hosts(controlPlane(1), { name: 'w', address: 'w', advertiseAddress: '192.0.2.1', roles: ['worker'] }),
    'spec.hosts[1].advertiseAddress: "192.0.2.1" is also spec.hosts[0].address',
  ],
  [
    'one address in two spellings',
    {
      networking: { serviceSubnet: 'fd00:96::/112' },
      ...hosts(controlPlane(1, { address: '2001:db8::1' }), {
        name: 'w',
        address: '2001:DB8:0::1',
        roles: ['worker'],
      }),
    },
    'spec.hosts[1].address: "2001:DB8:0::1" is also spec.hosts[0].address',
  ],
  [
    'a name instead of an address',
    hosts(controlPlane(1, { address: 'cp-1.example.com' })),
    'spec.hosts[0].advertiseAddress: missing, and the address "cp-1.example.com" is a name',
  ],
  [
    'an advertised name',
    hosts(controlPlane(1, { advertiseAddress: 'cp-1' })),
    'spec.hosts[0].advertiseAddress: "cp-1"',
  ],
  [
    'an address that is none of the host’s',
    hosts(controlPlane(1, { advertiseAddress: '0.0.0.0' })),
    'spec.hosts[0].advertiseAddress: 0.0.0.0 (unspecified) is an address where no other host and no pod reaches this one',
  ],
  [
    'a host of the other family',
    hosts(controlPlane(1, { address: '2001:db8::1' })),
    'spec.hosts[0].address: 2001:db8::1 is IPv6, but spec.networking.serviceSubnet begins with IPv4',
  ],
  [
    'a virtual address that a host has',
    { hosts: [controlPlane(1)], virtualAddress: { address: '192.0.2.1' } },
    'spec.virtualAddress.address: 192.0.2.1 is the address of spec.hosts[0]',
  ],
  [
    'a virtual address among the pods',
    { hosts: [controlPlane(1)], virtualAddress: { address: '10.244.0.9' } },
    'spec.virtualAddress.address: 10.244.0.9 lies in the pod network 10.244.0.0/16',
  ],
  [
    'a virtual address of the other family',
    { hosts: [controlPlane(1)], virtualAddress: { address: '2001:db8::9' } },
    'spec.virtualAddress.address: 2001:db8::9 is IPv6, and spec.hosts[0] has an IPv4 address in the cluster',
  ],
  [
    'a virtual address in a long form',
    {
      networking: { serviceSubnet: 'fd00:96::/112' },
      hosts: [controlPlane(1, { address: '2001:db8::1' })],
      virtualAddress: { address: '2001:db8:0::9' },
    },
    'spec.virtualAddress.address: 2001:db8:0::9, which is also written 2001:db8::9',
  ],
  [
    'a virtual address that stays on a wire',
    { hosts: [controlPlane(1)], virtualAddress: { address: '169.254.0.9' } },
    'spec.virtualAddress.address: 169.254.0.9 (linkLocal) is an address that cannot be handed from one host to another',
  ],
  [
    'an endpoint beside the virtual address',
    {
      ...hosts(controlPlane(1)),
      controlPlaneEndpoint: '192.0.2.8',
      virtualAddress: { address: '192.0.2.9' },
    },
    'spec.controlPlaneEndpoint: 192.0.2.8, while spec.virtualAddress is 192.0.2.9',
  ],
  [
    'an endpoint at another port than the virtual address leads to',
    { ...hosts(controlPlane(1)), controlPlaneEndpoint: 'api:443', virtualAddress: { address: '192.0.2.9' } },
    'spec.controlPlaneEndpoint: port 443: the virtual address leads straight to an API server, which listens at 6443',
  ],
  [
    'API servers that do not hear the virtual address',
    {
      hosts: [controlPlane(1)],
      virtualAddress: { address: '192.0.2.9' },
      apiServer: { extraArgs: [{ name: 'bind-address', value: '192.0.2.1' }] },
    },
    'spec.apiServer.extraArgs[0]: --bind-address=192.0.2.1, so that API servers do not listen at spec.virtualAddress',
  ],
  [
    'a virtual address whose pod would listen where API servers do',
    { hosts: [controlPlane(1)], virtualAddress: { address: '192.0.2.9', metricsPort: 6443 } },
    'spec.virtualAddress.metricsPort: 6443, at which the API servers listen',
  ],
  [
    'a user in the address',
    hosts(controlPlane(1, { address: 'root@192.0.2.1' })),
    'spec.hosts[0].address: "root@192.0.2.1"',
  ],
  [
    'an IPv6 address with a port',
    hosts(controlPlane(1, { address: '[2001:db8::1]:22', advertiseAddress: '192.0.2.1' })),
    'spec.hosts[0].address: "[2001:db8::1]:22"',
  ],
  [
    'two local hosts',
    hosts(controlPlane(1, { transport: 'local' }), {
      ...controlPlane(2),
      roles: ['worker'],
      transport: 'local',
    }),
    'spec.hosts[1].transport: spec.hosts[0] is already the local machine',
  ],
  [
    'a network that is none',
    networking({ podSubnet: '10.244.0.0' }),
    'spec.networking.podSubnet: "10.244.0.0"',
  ],
  [
    'two networks of one family',
    networking({ podSubnet: '10.244.0.0/16,10.245.0.0/16' }),
    'spec.networking.podSubnet: "10.244.0.0/16,10.245.0.0/16"',
  ],
  [
    'too small a service network',
    networking({ serviceSubnet: '10.96.0.0/29' }),
    'spec.networking.serviceSubnet: 10.96.0.0/29 has 8 addresses',
  ],
  [
    'too large a service network',
    networking({ serviceSubnet: '10.0.0.0/8', plugin: 'none' }),
    'spec.networking.serviceSubnet: 10.0.0.0/8 is too large',
  ],
  [
    'too large an IPv6 service network',
    { ...networking({ serviceSubnet: 'fd00::/64' }), ...hosts(controlPlane(1, { address: '2001:db8::1' })) },
    'spec.networking.serviceSubnet: fd00::/64 is too large',
  ],
  [
    'too small a pod network',
    networking({ podSubnet: '10.244.0.0/29' }),
    'spec.networking.podSubnet: 10.244.0.0/29 has 8 addresses',
  ],
  [
    'a pod network smaller than a node’s share',
    networking({ podSubnet: '10.244.0.0/25' }),
    "spec.networking.podSubnet: 10.244.0.0/25 is smaller than one node's /24",
  ],
  [
    'a pod network with fewer parts than there are hosts',
    {
      ...networking({ podSubnet: '10.244.0.0/23' }),
      ...hosts(controlPlane(1), controlPlane(2), controlPlane(3)),
    },
    "spec.networking.podSubnet: 10.244.0.0/23 has 2 networks of a node's /24, and there are 3 hosts",
  ],
  [
    'a pod network for more nodes than there can be',
    networking({ podSubnet: 'fd00::/40' }),
    "spec.networking.podSubnet: fd00::/40 has more than 2^16 networks of a node's /64",
  ],
  [
    'pods among the services',
    networking({ podSubnet: '10.100.0.0/16' }),
    'spec.networking.podSubnet: 10.100.0.0/16 overlaps the service network 10.96.0.0/12',
  ],
  [
    'a host among the pods',
    { ...networking({ podSubnet: '192.0.0.0/16' }), ...hosts(controlPlane(1)) },
    'spec.hosts[0].address: 192.0.2.1 lies in the pod network 192.0.0.0/16',
  ],
  [
    'a host among the services',
    hosts(controlPlane(1, { advertiseAddress: '10.96.0.7' })),
    'spec.hosts[0].advertiseAddress: 10.96.0.7 lies in the service network 10.96.0.0/12',
  ],
  [
    'the endpoint among the services',
    { controlPlaneEndpoint: '10.96.0.9:6443' },
    'spec.controlPlaneEndpoint: 10.96.0.9 lies in the service network 10.96.0.0/12',
  ],
  [
    'a wildcard as the endpoint',
    { controlPlaneEndpoint: '*.example.com' },
    'spec.controlPlaneEndpoint: "*.example.com"',
  ],
  [
    'an endpoint with a port that is none',
    { controlPlaneEndpoint: 'api.example.com:70000' },
    'spec.controlPlaneEndpoint: "api.example.com:70000"',
  ],
  [
    'names that fit no certificate',
    { apiServer: { certSANs: ['api_1', '*.*.example.com', '10.0.0.1/8'] } },
    'spec.apiServer.certSANs[0]: "api_1"',
    'spec.apiServer.certSANs[1]: "*.*.example.com"',
    'spec.apiServer.certSANs[2]: "10.0.0.1/8"',
  ],
  [
    'a duration without its unit',
    { certificateValidityPeriod: '365' },
    'spec.certificateValidityPeriod: "365"',
  ],
  [
    'certificates that are never valid',
    { certificateValidityPeriod: '0h' },
    'spec.certificateValidityPeriod: "0h"',
  ],
  [
    'certificates that are always due for renewal',
    { certificateValidityPeriod: '720h', certificateRenewBefore: '720h' },
    'spec.certificateRenewBefore: certificates live 720h, and would be due for renewal from their first moment',
  ],
  [
    'another directory of static pods',
    { kubelet: { config: { staticPodPath: '/etc/pods' } } },
    'spec.kubelet.config.staticPodPath: "/etc/pods"',
  ],
  [
    'a flag that hides podstrap’s files',
    hosts(controlPlane(1, { kubelet: { extraArgs: [{ name: 'config', value: '/x' }] } })),
    'spec.hosts[0].kubelet.extraArgs[0].name: podstrap sets the flag config itself',
  ],
  [
    'a flag that this minor’s kubelet no longer has',
    {
      kubernetesVersion: 'v1.35.4',
      kubelet: { extraArgs: [{ name: 'pod-infra-container-image', value: 'pause' }] },
    },
    'spec.kubelet.extraArgs[0].name: kubelet has had no flag pod-infra-container-image since v1.35',
  ],
  [
    'a feature gate that is gone',
    {
      kubernetesVersion: 'v1.37.2',
      apiServer: { extraArgs: [{ name: 'feature-gates', value: 'AllAlpha=false,SidecarContainers=true' }] },
    },
    'spec.apiServer.extraArgs[0].value: the feature gate SidecarContainers was removed in v1.37',
  ],
  [
    'such a gate in a kubelet’s configuration',
    {
      kubernetesVersion: 'v1.37.2',
      kubelet: { config: { featureGates: { SidecarContainers: true } } },
    },
    'spec.kubelet.config.featureGates.SidecarContainers: the feature gate SidecarContainers was removed in v1.37',
  ],
  [
    'a flag that etcd 3.7 no longer has',
    {
      kubernetesVersion: 'v1.37.2',
      etcd: { local: { extraArgs: [{ name: 'experimental-max-learners', value: '2' }] } },
    },
    'spec.etcd.local.extraArgs[0].name: etcd has had no --experimental-* flags since 3.7',
  ],
  [
    'a flag with its dashes',
    { scheduler: { extraArgs: [{ name: '--v', value: '2' }] } },
    'spec.scheduler.extraArgs[0].name: "--v"',
  ],
  [
    'two volumes of one name',
    { apiServer: { extraVolumes: [1, 2].map(() => ({ name: 'a', hostPath: '/a', mountPath: '/a' })) } },
    'spec.apiServer.extraVolumes[1].name: "a" is also spec.apiServer.extraVolumes[0].name',
  ],
  [
    'a relative path on the host',
    { etcd: { local: { dataDir: 'etcd' } } },
    'spec.etcd.local.dataDir: "etcd"',
  ],
  [
    'mirrors that are no URLs',
    { artifacts: { mirrors: { 'dl.k8s.io': 'https://mirror.example.com', 'https://dl.k8s.io': 'mirror' } } },
    'spec.artifacts.mirrors["dl.k8s.io"]: "dl.k8s.io"',
    'spec.artifacts.mirrors["https://dl.k8s.io"]: "mirror"',
  ],
  [
    'a registry with its scheme',
    { artifacts: { registries: { 'https://r.example.com': {} } } },
    'spec.artifacts.registries["https://r.example.com"]: "https://r.example.com"',
  ],
  [
    'an image that is not called by its full name',
    { artifacts: { extraImages: ['nginx:1.29', 'ghcr.io/example/network', 'ghcr.io/example/network:v1'] } },
    'spec.artifacts.extraImages[0]: "nginx:1.29"',
    'spec.artifacts.extraImages[1]: "ghcr.io/example/network"',
  ],
  [
    'a file that would go where podstrap, or the kubelet, keeps house',
    {
      artifacts: {
        extraFiles: [
          { source: 'a', path: '/etc/kubernetes/manifests/a.yaml' },
          { source: 'b', path: '/srv/../var/lib/etcd/b' },
          { source: 'c', path: 'c' },
          { source: 'd', path: '/srv/d', mode: '755x' },
        ],
      },
    },
    'spec.artifacts.extraFiles[0].path: "/etc/kubernetes/manifests/a.yaml"',
    'spec.artifacts.extraFiles[1].path: "/srv/../var/lib/etcd/b"',
    'spec.artifacts.extraFiles[2].path: "c"',
    'spec.artifacts.extraFiles[3].mode: "755x"',
  ],
  [
    'a password without a user',
    { artifacts: { registries: { 'r.example.com': { password: 'x' } } } },
    'spec.artifacts.registries["r.example.com"].username: missing beside password',
  ],
  [
    'an image repository with its scheme',
    { imageRepository: 'https://registry.k8s.io' },
    'spec.imageRepository: "https://registry.k8s.io"',
  ],
  [
    'a companion’s version with a v',
    { artifacts: { versions: { runc: 'v1.4.3' } } },
    'spec.artifacts.versions.runc: "v1.4.3"',
  ],
  ['a jump that is none', { ssh: { proxyJump: 'a b' } }, 'spec.ssh.proxyJump: "a b"'],
  [
    'a host key that was cut short',
    hosts(controlPlane(1, { hostKey: 'ssh-ed25519 AAAAC3Nz' })),
    'spec.hosts[0].hostKey: "ssh-ed25519 AAAAC3Nz"',
  ],
  [
    'a key of another type than it says',
    hosts(controlPlane(1, { hostKey: `ssh-rsa ${key.toString('base64')}` })),
    `spec.hosts[0].hostKey: "ssh-rsa ${key.toString('base64')}"`,
  ],
];

describe('refused', () => {
  test.each(errors)('%s', (_, spec, ...complaints) => {
    expect(complaintsAbout(documentWith(spec))).toEqual(complaints);
    expect(problemsOf(documentWith(spec)).every(({ severity }) => severity === 'error')).toBe(true);
  });
});

const warnings: readonly [sentence: string, spec: Record<string, unknown>, complaint: string][] = [
  [
    'an even number of control planes',
    hosts(controlPlane(1), controlPlane(2)),
    'spec.hosts: 2 control planes, which survive the loss of no more hosts than 1 would',
  ],
  [
    'several control planes without an endpoint',
    { hosts: [1, 2, 3].map((number) => controlPlane(number)) },
    'spec.controlPlaneEndpoint: missing, so that everyone outside the cluster depends on the first of 3 control planes',
  ],
  [
    'certificates that outlive their authority',
    { certificateValidityPeriod: '90000h' },
    'spec.certificateValidityPeriod: certificates live 90000h, longer than the 87600h of their authorities',
  ],
  [
    'a network with loose bits',
    networking({ podSubnet: '10.244.1.0/16' }),
    'spec.networking.podSubnet: 10.244.1.0/16 has bits set behind its prefix',
  ],
  [
    'a loopback address',
    hosts(controlPlane(1, { address: '127.0.0.1' })),
    'spec.hosts[0].address: 127.0.0.1 (loopback) is an address where no other host and no pod reaches this one',
  ],
];

describe('allowed with a warning', () => {
  test.each(warnings)('%s', (_, spec, complaint) => {
    expect(complaintsAbout(documentWith(spec))).toEqual([complaint]);
    expect(problemsOf(documentWith(spec))[0]!.severity).toBe('warning');
  });
});

const sound: readonly [sentence: string, spec: Record<string, unknown>][] = [
  [
    'dual-stack',
    networking({ podSubnet: '10.244.0.0/16,fd00:244::/56', serviceSubnet: '10.96.0.0/16,fd00:96::/112' }),
  ],
  [
    'a large pod network with large shares',
    {
      ...networking({ podSubnet: 'fd00::/40' }),
      controllerManager: { extraArgs: [{ name: 'node-cidr-mask-size-ipv6', value: '56' }] },
    },
  ],
  [
    'one address behind two ports',
    hosts(
      controlPlane(1, { address: 'gate.example.com', advertiseAddress: '192.0.2.1', ssh: { port: 2201 } }),
      {
        name: 'w',
        address: 'gate.example.com',
        advertiseAddress: '192.0.2.2',
        ssh: { port: 2202 },
        roles: ['worker'],
      },
    ),
  ],
  ['an endpoint with an IPv6 address', { controlPlaneEndpoint: '[2001:db8::1]:6443' }],
  ['an endpoint that is a bare IPv6 address', { controlPlaneEndpoint: '2001:db8::1' }],
  ['wildcards in certificates', { apiServer: { certSANs: ['*.example.com', '10.1.2.3', '2001:db8::7'] } }],
  ['a control plane that works', hosts(controlPlane(1, { roles: ['control-plane', 'worker'] }))],
  ['jumps over several bastions', { ssh: { proxyJump: 'me@one:2222,[2001:db8::1]:22,two' } }],
  ['a pinned key', hosts(controlPlane(1, { hostKey: `ssh-ed25519 ${key.toString('base64')}` }))],
  ['a pinned fingerprint', hosts(controlPlane(1, { hostKey: `SHA256:${'A'.repeat(43)}` }))],
  [
    'podstrap’s own value of a field that it owns',
    { kubelet: { config: { staticPodPath: '/etc/kubernetes/manifests' } } },
  ],
];

describe('allowed', () => {
  test.each(sound)('%s', (_, spec) => {
    expect(complaintsAbout(documentWith(spec))).toEqual([]);
  });
});
