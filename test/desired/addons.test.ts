import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { systemImages } from '../../src/desired/images.js';
import { defaultTraits } from '../../src/desired/traits.js';
import type { ApiObject } from '../../src/kubernetes/api-object.js';
import { hasNftables, proxyModeOf } from '../../src/observed/views/proxy-mode-of.js';
import { desiredOf, inputOf } from './desired-of.js';
import { controlPlane, inventoryOf, worker } from './inventory-of.js';

const hosts = [controlPlane(1), controlPlane(2), worker(1)];
const given = (spec: object = {}) => inventoryOf({ kubernetesVersion: 'v1.36.3', hosts, ...spec });
const named = (objects: readonly ApiObject[], kind: string) => objects.find((one) => one.kind === kind)!;
const dataOf = (object: ApiObject) => object['data'] as Record<string, string>;
const configOf = (addons: readonly ApiObject[]) =>
  load(dataOf(named(addons, 'ConfigMap'))['config.conf']!) as Record<string, unknown>;

describe('kube-proxy', () => {
  const { systemObjects: addons } = desiredOf(given({ dns: { disabled: true } }));

  test('has kubeadm’s names', () => {
    expect(addons.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ServiceAccount kube-proxy',
      'ClusterRoleBinding kubeadm:node-proxier',
      'Role kube-proxy',
      'RoleBinding kube-proxy',
      'ConfigMap kube-proxy',
      'DaemonSet kube-proxy',
    ]);
  });

  test('writes its rules as the kernels can', () => {
    expect(configOf(addons)['mode']).toBe('nftables');
    const { settled } = inputOf(given());
    const old = desiredOf(given({ dns: { disabled: true } }), {
      settled: { ...settled, proxyMode: 'iptables' },
    });
    expect(configOf(old.systemObjects)['mode']).toBe('iptables');
    expect(
      ['6.1.0-18-amd64', '5.13.0', '5.10.0-28', '4.18.0-553.el8'].map((kernel) => hasNftables({ kernel })),
    ).toEqual([true, true, false, false]);
    expect(proxyModeOf([{ kernel: '6.12.0' }, { kernel: '5.10.0' }])).toBe('iptables');
  });

  test('takes what the inventory says of it, and starts anew with it', () => {
    const changed = desiredOf(
      given({
        dns: { disabled: true },
        kubeProxy: { config: { mode: 'iptables', nodePortAddresses: ['primary'] } },
      }),
    ).systemObjects;
    expect(configOf(changed)).toMatchObject({ mode: 'iptables', nodePortAddresses: ['primary'] });
    const revision = (list: readonly ApiObject[]) =>
      JSON.stringify(named(list, 'DaemonSet')).match(/podstrap.io\/config":"(\w+)/)![1];
    expect(revision(changed)).not.toBe(revision(addons));
  });

  test('can be left out', () => {
    const inventory = given({ kubeProxy: { disabled: true } });
    expect(desiredOf(inventory).systemObjects.some(({ metadata }) => metadata.name === 'kube-proxy')).toBe(
      false,
    );
    expect(systemImages(inventory)).toEqual(['registry.k8s.io/coredns/coredns:v1.14.2']);
  });
});

describe('CoreDNS', () => {
  const addonsOf = (spec: object) =>
    desiredOf(given({ kubeProxy: { disabled: true }, ...spec })).systemObjects;
  const spreadOf = (spec: object) =>
    JSON.stringify(named(addonsOf(spec), 'Deployment')).match(/"whenUnsatisfiable":"(\w+)"/)![1];
  const waitsForNodes = (spec: object) =>
    JSON.stringify(named(addonsOf(spec), 'Deployment')).match(/"minDomains":(\d)/)?.[1];

  test('has kubeadm’s names, and a budget', () => {
    expect(addonsOf({}).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ServiceAccount coredns',
      'ClusterRole system:coredns',
      'ClusterRoleBinding system:coredns',
      'ConfigMap coredns',
      'Deployment coredns',
      'Service kube-dns',
      'PodDisruptionBudget coredns',
    ]);
  });

  test('has the address that kubelets tell their pods', () => {
    const service = named(addonsOf({ networking: { serviceSubnet: '10.32.0.0/16' } }), 'Service');
    expect(service['spec']).toMatchObject({ clusterIP: '10.32.0.10' });
  });

  test('is spread over hosts where there are enough that take it', () => {
    expect(spreadOf({})).toBe('DoNotSchedule');
    expect(waitsForNodes({}), 'nodes may register after the pods are made').toBe('2');
    expect(spreadOf({ dns: { replicas: 4 } })).toBe('ScheduleAnyway');
    expect(waitsForNodes({ dns: { replicas: 4 } }), 'the API refuses it there').toBeUndefined();
    const away = desiredOf(given({ hosts: [controlPlane(1)] }), { members: given().spec.hosts });
    expect(JSON.stringify(named(away.systemObjects, 'Deployment')), 'a host that is away counts').toContain(
      'DoNotSchedule',
    );
    expect(spreadOf({ hosts: [controlPlane(1)] })).toBe('ScheduleAnyway');
    const tainted = { ...worker(1), taints: [{ key: 'gpu', effect: 'NoSchedule' }] };
    expect(spreadOf({ hosts: [controlPlane(1), tainted] })).toBe('ScheduleAnyway');
  });

  test('stays off control planes where workers suffice, since their pods outlive a time without any', () => {
    const stays = (hosts: readonly object[], replicas = 2) =>
      JSON.stringify(named(addonsOf({ hosts, dns: { replicas } }), 'Deployment')).includes('DoesNotExist');
    expect(stays([controlPlane(1), worker(1), worker(2)])).toBe(true);
    expect(stays([controlPlane(1), worker(1), worker(2)], 3)).toBe(false);
    expect(stays([controlPlane(1), worker(1)])).toBe(false);
    const both = { ...controlPlane(2), roles: ['control-plane', 'worker'] };
    expect(stays([controlPlane(1), both, worker(1)])).toBe(false);
    const tainted = { ...worker(2), taints: [{ key: 'gpu', effect: 'NoSchedule' }] };
    expect(stays([controlPlane(1), worker(1), tainted])).toBe(false);
  });

  test('takes a configuration of the user’s own, or the domain', () => {
    const corefileOf = (spec: object) => dataOf(named(addonsOf(spec), 'ConfigMap'))['Corefile'];
    expect(corefileOf({ networking: { dnsDomain: 'prod.example' } })).toContain(
      'kubernetes prod.example in-addr.arpa',
    );
    expect(corefileOf({ dns: { corefile: '.:53 { whoami }\n' } })).toBe('.:53 { whoami }\n');
  });

  test('forwards nothing where a host that takes it knows no resolver: it would not start there', () => {
    const dedicated = [{ key: 'dedicated', effect: 'NoSchedule' }];
    const corefileWith = (resolves: readonly boolean[], taints?: readonly object[]) => {
      const traits = Object.fromEntries(
        resolves.map((one, index) => [
          hosts[index]!.name,
          { ...defaultTraits(hosts[index]!), resolves: one },
        ]),
      );
      const tainted = hosts.map((host) => (host.name === 'cp-1' && taints ? { ...host, taints } : host));
      const { systemObjects: addons } = desiredOf(given({ kubeProxy: { disabled: true }, hosts: tainted }), {
        traits,
      });
      return dataOf(named(addons, 'ConfigMap'))['Corefile'];
    };
    expect(corefileWith([true, true])).toContain('forward . /etc/resolv.conf {');
    expect(corefileWith([false, true])).not.toContain('forward');
    expect(corefileWith([false, true], dedicated)).toContain('forward . /etc/resolv.conf {');
    const alone = corefileWith([false, false])!;
    expect(alone).not.toContain('forward');
    expect(alone).toContain('    prometheus :9153\n    cache 30 {');
  });

  test('comes from the folder that its registry has it in', () => {
    const image = (spec: object) => systemImages(given({ kubeProxy: { disabled: true }, ...spec }));
    expect(image({ imageRepository: 'registry.example.com/k8s' })).toEqual([
      'registry.example.com/k8s/coredns:v1.14.2',
    ]);
    expect(image({ dns: { imageRepository: 'r.example.com/d', imageTag: 'v9' } })).toEqual([
      'r.example.com/d/coredns:v9',
    ]);
  });

  test('can be left out', () => {
    expect(addonsOf({ dns: { disabled: true } })).toEqual([]);
  });
});
