import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { wantedArtifacts } from '../../src/bundle/catalog.js';
import { revisionOfConfig } from '../../src/desired/pods/load-balancer.js';
import type { Desired } from '../../src/desired/resource.js';
import type { ManifestPatch } from '../../src/inventory/inventory.js';
import { gatesOf } from '../../src/verify/await-host.js';
import { desiredOf, hostOf, inputOf, podOf, resourceAt, textOf } from './desired-of.js';
import { controlPlane, inventoryOf, type SpecText, worker } from './inventory-of.js';

const path = '/etc/kubernetes/haproxy/haproxy.cfg';
const three = [controlPlane(1), controlPlane(2), controlPlane(3)];
const given = (spec: Partial<SpecText> = {}, patches: readonly ManifestPatch[] = []) =>
  inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [...three, worker(1)], ...spec }, patches);
const serversIn = (config: string) =>
  [...config.matchAll(/^ +server (\S+ \S+)$/gm)].map(([, server]) => server);
const proxyServer = ({ systemObjects: addons }: Desired): unknown => {
  const map = addons.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'kube-proxy')!;
  const text = (map['data'] as Record<string, string>)['kubeconfig.conf']!;
  return (load(text) as { clusters: { cluster: { server: string } }[] }).clusters[0]!.cluster.server;
};

describe('the balancer of a worker', () => {
  const state = desiredOf(given());
  const config = textOf(state, 'w-1', path);

  test('knows the control planes of the inventory, also those that cannot be reached now', () => {
    expect(serversIn(config)).toEqual(['cp-1 10.0.0.11:6443', 'cp-2 10.0.0.12:6443', 'cp-3 10.0.0.13:6443']);
    const inventory = given();
    const seen = { ...inventory, spec: { ...inventory.spec, hosts: inventory.spec.hosts.slice(2) } };
    const partly = desiredOf(seen, { members: inventory.spec.hosts, settled: inputOf(inventory).settled });
    expect(textOf(partly, 'w-1', path)).toBe(config);
  });

  test('is none of a control plane', () => {
    expect(resourceAt(state, 'cp-1', path)).toBeUndefined();
    expect(podOf(state, 'cp-1', 'haproxy')).toBeUndefined();
    const both = desiredOf(given({ hosts: [{ ...controlPlane(1), roles: ['control-plane', 'worker'] }] }));
    expect(podOf(both, 'cp-1', 'haproxy')).toBeUndefined();
  });

  test('stays the pod that it is when control planes come and go, with another configuration', () => {
    const grown = desiredOf(given({ hosts: [...three, controlPlane(4), worker(1)] }));
    expect(podOf(grown, 'w-1', 'haproxy')).toEqual(podOf(state, 'w-1', 'haproxy'));
    expect(revisionOfConfig(textOf(grown, 'w-1', path))).not.toBe(revisionOfConfig(config));
  });

  test('has a gate that asks for the configuration which the host is to have', () => {
    const host = given().spec.hosts.at(-1)!;
    expect(gatesOf(host, hostOf(state, 'w-1'))).toContainEqual({
      component: 'haproxy',
      scheme: 'http',
      address: '127.0.0.1',
      port: 6444,
      path: `/readyz?revision=${revisionOfConfig(config)}`,
    });
  });

  test('checks the API servers’ certificates by a name that all of them have', () => {
    expect(config).toContain('verifyhost kubernetes.default.svc');
    expect(config).toContain('verify required ca-file /etc/kubernetes/pki/ca.crt');
  });

  test('listens where the inventory says, at IPv6 too', () => {
    const moved = desiredOf(given({ loadBalancer: { port: 7443, healthPort: 7444 } }));
    expect(textOf(moved, 'w-1', path)).toMatch(/bind 127.0.0.1:7443\n[\s\S]*bind 127.0.0.1:7444\n/);
    const six = desiredOf(
      given({
        networking: { serviceSubnet: 'fd00:96::/112' },
        hosts: [
          { ...controlPlane(1), address: '2001:db8::11' },
          { ...worker(1), address: '2001:db8::21' },
        ],
      }),
    );
    expect(serversIn(textOf(six, 'w-1', path))).toEqual(['cp-1 [2001:db8::11]:6443']);
    expect(textOf(six, 'w-1', path)).toContain('bind [::1]:6443\n');
    expect(proxyServer(six)).toBe('https://[::1]:6443');
  });

  test('takes no port that needs root', () => {
    const low = desiredOf(given({ apiServer: { bindPort: 443 } }));
    expect(textOf(low, 'w-1', path)).toContain('bind 127.0.0.1:6443\n');
    expect(serversIn(textOf(low, 'w-1', path))[0]).toBe('cp-1 10.0.0.11:443');
  });

  test('can be patched, and then is another pod', () => {
    const content = { spec: { containers: [{ name: 'haproxy', resources: { requests: { cpu: '1' } } }] } };
    const patched = desiredOf(
      given({}, [{ target: 'haproxy', type: 'strategic', file: 'haproxy.yaml', content }]),
    );
    const { content: text, revision } = podOf(patched, 'w-1', 'haproxy');
    expect(text).toContain("cpu: '1'");
    expect(revision).not.toBe(podOf(state, 'w-1', 'haproxy').revision);
  });
});

describe('its image', () => {
  const refs = (spec: Partial<SpecText> = {}) =>
    wantedArtifacts(given(spec), ['amd64']).flatMap((one) =>
      one.kind === 'image' && one.ref.includes('haproxy') ? [one.ref] : [],
    );

  test.each<[string, Partial<SpecText>, readonly string[]]>([
    ['HAProxy’s own', {}, ['docker.io/library/haproxy:3.2.24-alpine']],
    [
      'from the registry that all others come from',
      { imageRepository: 'registry.example.com/k8s' },
      ['registry.example.com/k8s/haproxy:3.2.24-alpine'],
    ],
    [
      'the inventory’s',
      { loadBalancer: { imageRepository: 'registry.example.com/proxies', imageTag: '3.4.6' } },
      ['registry.example.com/proxies/haproxy:3.4.6'],
    ],
    ['none without workers', { hosts: three }, []],
    ['none where it is switched off', { loadBalancer: { type: 'none' } }, []],
  ])('is %s', (_name, spec, expected) => {
    expect(refs(spec)).toEqual(expected);
  });
});

describe('kube-proxy speaks to', () => {
  test.each<[string, Partial<SpecText>, string]>([
    ['loopback, which leads to the API on every node', {}, 'https://127.0.0.1:6443'],
    ['loopback among control planes alone', { hosts: three }, 'https://127.0.0.1:6443'],
    ['the endpoint of a lone host', { hosts: [controlPlane(1)] }, 'https://10.0.0.11:6443'],
    ['the endpoint without balancers', { loadBalancer: { type: 'none' } }, 'https://10.0.0.11:6443'],
    ['the endpoint where ports differ', { loadBalancer: { port: 7443 } }, 'https://10.0.0.11:6443'],
    [
      'the endpoint where API servers do not listen on loopback',
      { apiServer: { extraArgs: [{ name: 'bind-address', value: '10.0.0.11' }] } },
      'https://10.0.0.11:6443',
    ],
  ])('%s', (_name, spec, server) => {
    expect(proxyServer(desiredOf(given(spec)))).toBe(server);
  });
});
