import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { desiredOf, hostOf, inputOf, podOf } from './desired-of.js';
import { controlPlane, inventoryOf, type SpecText, worker } from './inventory-of.js';

const of = (more: Partial<SpecText> = {}) =>
  inventoryOf({
    kubernetesVersion: 'v1.36.3',
    hosts: [controlPlane(1), controlPlane(2), worker(1)],
    virtualAddress: { address: '10.0.0.10' },
    ...more,
  });
const traits = { arch: 'amd64', cgroup: 2, resolvConf: undefined, caDirectories: [] } as const;
const seen = {
  'cp-1': { ...traits, hostname: 'cp-1', interface: 'ens3' },
  'cp-2': { ...traits, hostname: 'cp-2', interface: 'eno1' },
};

interface Holder {
  readonly spec: {
    readonly containers: readonly [
      {
        readonly image: string;
        readonly env: readonly { readonly name: string; readonly value: string }[];
        readonly securityContext: object;
        readonly volumeMounts: readonly object[];
      },
    ];
    readonly volumes: readonly { readonly hostPath: object }[];
  };
}
const holderOn = (host: string, inventory = of()) => {
  const pod = load(podOf(desiredOf(inventory, { traits: seen }), host, 'kube-vip').content) as Holder;
  const [container] = pod.spec.containers;
  return {
    ...container,
    volumes: pod.spec.volumes,
    env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
  };
};

test('each control plane takes it on the interface of its own address, with the lease of its own API server', () => {
  expect(holderOn('cp-1').env).toMatchObject({
    address: '10.0.0.10',
    vip_subnet: '32',
    vip_interface: 'ens3',
    vip_nodename: 'cp-1',
    kubernetes_addr: 'https://10.0.0.11:6443',
    prometheus_server: '127.0.0.1:2112',
  });
  expect(holderOn('cp-2').env).toMatchObject({
    vip_interface: 'eno1',
    kubernetes_addr: 'https://10.0.0.12:6443',
  });
});

test('one interface may be said for all', () => {
  const inventory = of({ virtualAddress: { address: '10.0.0.10', interface: 'bond0' } });
  expect(holderOn('cp-2', inventory).env).toMatchObject({ vip_interface: 'bond0' });
});

test('it sees one kubeconfig, and it is not that of an administrator', () => {
  expect(holderOn('cp-1').volumes.map(({ hostPath }) => hostPath)).toEqual([
    { path: '/etc/kubernetes/kube-vip.conf', type: 'File' },
  ]);
});

test('the image comes from where all come from', () => {
  expect(holderOn('cp-1').image).toMatch(/^ghcr\.io\/kube-vip\/kube-vip:v/);
  expect(holderOn('cp-1', of({ imageRepository: 'registry.example.com/k8s' })).image).toMatch(
    /^registry\.example\.com\/k8s\/kube-vip:v/,
  );
});

test('its user may have the one lease, and nothing else', () => {
  const { objects } = desiredOf(of());
  const named = objects.filter(({ metadata }) => metadata.name === 'podstrap:virtual-address');
  expect(named).toMatchObject([
    {
      kind: 'Role',
      metadata: { namespace: 'kube-system' },
      rules: [
        { resources: ['leases'], verbs: ['create'] },
        { resources: ['leases'], resourceNames: ['plndr-cp-lock'], verbs: ['get', 'update'] },
      ],
    },
    { kind: 'RoleBinding', subjects: [{ kind: 'User', name: 'kube-vip' }] },
  ]);
});

test('what it took in the API is withdrawn where the control planes held one before', () => {
  const inventory = inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] });
  const { settled } = inputOf(inventory);
  const { withdrawn } = desiredOf(inventory, { settled: { ...settled, virtualAddress: '10.0.0.10' } });
  expect(withdrawn.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Role podstrap:virtual-address',
    'RoleBinding podstrap:virtual-address',
  ]);
});

test('without one, and on workers, there is nothing of it', () => {
  const without = desiredOf(
    inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), worker(1)] }),
  );
  expect(JSON.stringify([without.hosts, without.objects])).not.toContain('kube-vip');
  expect(without.withdrawn).toEqual([]);
  expect(JSON.stringify(hostOf(desiredOf(of()), 'w-1'))).not.toContain('kube-vip');
});
