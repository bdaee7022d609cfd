import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { reveal } from '../../src/secret.js';
import { desiredOf, podOf, resourceAt, textOf } from './desired-of.js';
import { controlPlane, inventoryOf, type SpecText, worker } from './inventory-of.js';

const of = (more: Partial<SpecText> = {}) =>
  desiredOf(
    inventoryOf({
      kubernetesVersion: 'v1.36.3',
      networking: { podSubnet: 'fd00:244::/56', serviceSubnet: 'fd00:96::/112' },
      hosts: [
        { ...controlPlane(1), address: 'fd00:77::11' },
        { ...controlPlane(2), address: 'fd00:77::12' },
        { ...worker(1), address: 'fd00:77::21' },
      ],
      ...more,
    }),
  );

/** Where a kubeconfig of a host leads. */
function serverIn(state: ReturnType<typeof of>, host: string, name: string): string {
  const file = resourceAt(state, host, `/etc/kubernetes/${name}.conf`);
  if (file?.kind !== 'file') throw new Error(`${host} has no ${name}.conf`);
  const { clusters } = load(reveal(file.content)) as { clusters: { cluster: { server: string } }[] };
  return new URL(clusters[0]!.cluster.server).href;
}
const flagOf = (state: ReturnType<typeof of>, host: string, component: string, flag: string) =>
  new RegExp(`--${flag}=(\\S+)`).exec(podOf(state, host, component).content)?.[1];

describe('an address of IPv6 is in brackets where a port follows:', () => {
  const state = of();

  test.each([
    ['cp-1', 'admin', 'https://[fd00:77::11]:6443/'],
    ['cp-2', 'admin', 'https://[fd00:77::11]:6443/'],
    ['cp-2', 'kubelet', 'https://[fd00:77::12]:6443/'],
    ['cp-2', 'scheduler', 'https://[fd00:77::12]:6443/'],
    ['w-1', 'kubelet', 'https://[::1]:6443/'],
  ])('on %s in %s.conf', (host, name, server) => {
    expect(serverIn(state, host, name)).toBe(server);
  });

  test.each<[string, Partial<SpecText>, string]>([
    ['an address', { controlPlaneEndpoint: 'fd00:77::99' }, 'https://[fd00:77::99]:6443/'],
    ['an address with a port', { controlPlaneEndpoint: '[fd00:77::99]:7443' }, 'https://[fd00:77::99]:7443/'],
    ['the virtual address', { virtualAddress: { address: 'fd00:77::10' } }, 'https://[fd00:77::10]:6443/'],
  ])('in the endpoint, when it is %s', (_name, spec, server) => {
    expect(serverIn(of(spec), 'cp-1', 'admin')).toBe(server);
    expect(serverIn(of({ ...spec, loadBalancer: { type: 'none' } }), 'w-1', 'kubelet')).toBe(server);
  });

  test('in the flags of etcd and of who speaks to it', () => {
    expect(flagOf(state, 'cp-2', 'etcd', 'listen-client-urls')).toBe(
      'https://[::1]:2379,https://[fd00:77::12]:2379',
    );
    expect(flagOf(state, 'cp-2', 'etcd', 'initial-cluster')).toBe(
      'cp-1=https://[fd00:77::11]:2380,cp-2=https://[fd00:77::12]:2380',
    );
    expect(flagOf(state, 'cp-2', 'kube-apiserver', 'etcd-servers')).toBe('https://[::1]:2379');
  });

  test('in the balancer, for its health and its servers', () => {
    const config = textOf(state, 'w-1', '/etc/kubernetes/haproxy/haproxy.cfg');
    for (const line of [
      'bind [::1]:6443',
      'bind [::1]:6444',
      'server cp-1 [fd00:77::11]:6443',
      'server cp-2 [fd00:77::12]:6443',
    ])
      expect(config).toContain(`    ${line}\n`);
    const { containers } = (load(podOf(state, 'w-1', 'haproxy').content) as Pod).spec;
    expect(containers[0]!.livenessProbe.httpGet.host, 'and not where it is a host alone').toBe('::1');
  });

  test('in the pod that holds the virtual address', () => {
    const held = of({ virtualAddress: { address: 'fd00:77::10' } });
    const [container] = (load(podOf(held, 'cp-2', 'kube-vip').content) as Pod).spec.containers;
    expect(container!.livenessProbe.httpGet.host).toBe('::1');
    expect(Object.fromEntries(container!.env!.map(({ name, value }) => [name, value]))).toMatchObject({
      address: 'fd00:77::10',
      vip_subnet: '128',
      kubernetes_addr: 'https://[fd00:77::12]:6443',
      prometheus_server: '[::1]:2112',
    });
  });
});

test('a virtual address begins no connection of a control plane', () => {
  const unit = '/etc/systemd/system/kubelet.service';
  const held = of({ virtualAddress: { address: 'fd00:77::10' } });
  expect(textOf(held, 'cp-1', unit)).toContain('ip addrlabel add prefix fd00:77::10/128 label 144');
  for (const text of [textOf(held, 'w-1', unit), textOf(of(), 'cp-1', unit)])
    expect(text).not.toContain('addrlabel');
});

interface Pod {
  readonly spec: {
    readonly containers: readonly {
      readonly env?: readonly { readonly name: string; readonly value: string }[];
      readonly livenessProbe: { readonly httpGet: { readonly host: string } };
    }[];
  };
}
