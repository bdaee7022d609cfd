import { describe, expect, test } from 'vitest';
import { podNetworks } from '../../src/desired/node/pod-networks.js';
import { Failure } from '../../src/failure.js';
import { ipAddress, ipNetwork } from '../../src/host/ip.js';
import { desiredOf, inputOf, resourceAt, textOf } from './desired-of.js';
import { controlPlane, inventoryOf, worker } from './inventory-of.js';

const hosts = [controlPlane(1), controlPlane(2), worker(1)];
const withNetworking = (networking: object, given: readonly object[] = hosts) =>
  inventoryOf({ kubernetesVersion: 'v1.36.3', networking, hosts: given as typeof hosts });
const three = withNetworking({});
const networks = (...texts: readonly string[]) => texts.map((text) => ipNetwork(text)!);
const via = (...texts: readonly string[]) => texts.map((text) => ipAddress(text)!);

describe('the parts of the pods’ network', () => {
  test('go to the hosts in their order', () => {
    const parts = podNetworks({ inventory: three, before: {} });
    expect(parts).toEqual({
      'cp-1': { networks: ['10.244.0.0/24'], via: ['10.0.0.11'] },
      'cp-2': { networks: ['10.244.1.0/24'], via: ['10.0.0.12'] },
      'w-1': { networks: ['10.244.2.0/24'], via: ['10.0.0.21'] },
    });
  });

  test('stay as they were settled, and a new host gets a free one', () => {
    const before = {
      'cp-2': { networks: networks('10.244.0.0/24'), via: via('10.0.0.99') },
      gone: { networks: networks('10.244.1.0/24'), via: via('10.0.0.13') },
    };
    expect(podNetworks({ inventory: three, before })).toEqual({
      'cp-1': { networks: ['10.244.2.0/24'], via: ['10.0.0.11'] },
      'cp-2': { networks: ['10.244.0.0/24'], via: ['10.0.0.12'] },
      'w-1': { networks: ['10.244.3.0/24'], via: ['10.0.0.21'] },
      gone: { networks: ['10.244.1.0/24'], via: [] },
    });
  });

  test('are those that nodes have already', () => {
    const given = { 'w-1': networks('10.244.0.0/24') };
    const parts = podNetworks({ inventory: three, before: {}, given });
    expect(Object.values(parts).map(({ networks }) => networks[0])).toEqual([
      '10.244.1.0/24',
      '10.244.2.0/24',
      '10.244.0.0/24',
    ]);
  });

  test('are two with two families, and each is reached by its own', () => {
    const inventory = withNetworking({
      podSubnet: '10.244.0.0/16,fd00:1::/56',
      serviceSubnet: '10.96.0.0/12,fd00:2::/112',
    });
    const addresses = { 'cp-1': via('10.0.0.11', 'fd00:9::11'), 'cp-2': via('fd00:9::12') };
    const parts = podNetworks({ inventory, before: {}, addresses });
    expect(parts['cp-1']).toEqual({
      networks: ['10.244.0.0/24', 'fd00:1::/64'],
      via: ['10.0.0.11', 'fd00:9::11'],
    });
    expect(parts['cp-2']).toEqual({
      networks: ['10.244.1.0/24', 'fd00:1:0:1::/64'],
      via: ['10.0.0.12', 'fd00:9::12'],
    });
    const later = podNetworks({ inventory, before: parts });
    expect(later['cp-2'], 'a host that is away keeps what was found').toEqual(parts['cp-2']);
    const more = { 'cp-1': via('10.0.0.11', 'fd00:9::1', 'fd00:9::11'), 'cp-2': via('fd00:9::2') };
    const changed = podNetworks({ inventory, before: parts, addresses: more });
    expect(changed['cp-1'], 'an address that is still there stays the way').toEqual(parts['cp-1']);
    expect(changed['cp-2']!.via, 'one that is gone does not').toEqual(['10.0.0.12', 'fd00:9::2']);
    const kubelet = (name: string) =>
      textOf(
        desiredOf(inventory, { settled: { ...inputOf(inventory).settled, pods: parts } }),
        name,
        '/etc/systemd/system/kubelet.service',
      );
    expect(kubelet('cp-1'), 'and the kubelet names both').toContain('--node-ip=10.0.0.11,fd00:9::11');
    expect(kubelet('w-1'), 'where both are known').toMatch(/--node-ip=10\.0\.0\.21$/m);
  });

  test('have the size that the controller manager would give them', () => {
    const inventory = inventoryOf({
      kubernetesVersion: 'v1.36.3',
      hosts,
      controllerManager: { extraArgs: [{ name: 'node-cidr-mask-size', value: '26' }] },
    });
    const parts = podNetworks({ inventory, before: {} });
    expect(parts['w-1']!.networks).toEqual(['10.244.0.128/26']);
  });

  test('run out at some point', () => {
    const inventory = withNetworking({ podSubnet: '10.244.0.0/23' });
    expect(() => podNetworks({ inventory, before: {} })).toThrow(Failure);
  });

  test('are nobody’s where somebody else connects the pods', () => {
    expect(podNetworks({ inventory: withNetworking({ plugin: 'none' }), before: {} })).toEqual({});
  });
});

describe('routes between hosts', () => {
  const state = desiredOf(three);
  const config = '/etc/cni/net.d/10-podstrap.conflist';
  const script = '/usr/local/sbin/podstrap-network';

  test('lead to every other host', () => {
    const text = textOf(state, 'cp-2', script);
    expect(text.match(/^route replace .*/gm)).toEqual([
      'route replace 10.244.0.0/24 via 10.0.0.11 proto 144',
      'route replace 10.244.2.0/24 via 10.0.0.21 proto 144',
    ]);
  });

  test('packets are as large as the interface takes them', () => {
    const traits = { arch: 'amd64', hostname: 'w-1', cgroup: 2, caDirectories: [], mtu: 9000 } as const;
    const measured = desiredOf(three, { traits: { 'w-1': { ...traits, resolvConf: undefined } } });
    expect(textOf(measured, 'w-1', config)).toContain('"mtu": 9000');
    expect(textOf(measured, 'cp-1', config)).not.toContain('mtu');
  });

  test('nothing of it is there with another plugin', () => {
    const none = desiredOf(withNetworking({ plugin: 'none', podSubnet: '10.244.0.0/16' }));
    expect([config, script].map((path) => resourceAt(none, 'cp-1', path))).toEqual([undefined, undefined]);
    const manager = '/etc/kubernetes/manifests/kube-controller-manager.yaml';
    expect(textOf(none, 'cp-1', manager)).toContain('--allocate-node-cidrs=true');
    expect(textOf(state, 'cp-1', manager)).toContain('--allocate-node-cidrs=false');
  });
});
