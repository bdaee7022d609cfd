import { isIpv6 } from '../../host/network.js';
import type { HostInput } from '../host-input.js';
import type { FileResource, KernelModuleResource, Resource, SysctlResource } from '../resource.js';

const modules = [
  { name: 'overlay', because: 'containerd stacks image layers with it' },
  {
    name: 'br_netfilter',
    because: 'traffic between pods on a bridge must pass netfilter, or Services do not work',
  },
];

/** Kernel modules and sysctls of a host: effective now, and from files at the next boot. */
export function kernel(input: HostInput): readonly Resource[] {
  const settings = sysctls(input);
  return [
    file(
      '/etc/modules-load.d/podstrap.conf',
      modules.map(({ name }) => name),
    ),
    ...modules.map((module): KernelModuleResource => ({ kind: 'kernel-module', phase: 'node', ...module })),
    file(
      '/etc/sysctl.d/90-podstrap.conf',
      settings.map(({ name, value }) => `${name} = ${value}`),
    ),
    ...settings,
  ];
}

function sysctls({ inventory, host }: HostInput): readonly SysctlResource[] {
  const { podSubnet = '', serviceSubnet } = inventory.spec.networking;
  const bridged = 'packets on a bridge are seen by iptables and nftables';
  const forwarded = 'packets of pods are routed through the host';
  const ipv6 = [podSubnet, serviceSubnet, host.advertiseAddress].some(isIpv6);
  return [
    sysctl('net.ipv4.ip_forward', forwarded),
    sysctl('net.bridge.bridge-nf-call-iptables', bridged),
    sysctl('net.bridge.bridge-nf-call-ip6tables', bridged),
    ...(ipv6
      ? [
          sysctl('net.ipv6.conf.all.forwarding', forwarded),
          sysctl('net.ipv6.conf.default.forwarding', forwarded),
        ]
      : []),
  ];
}

const sysctl = (name: string, because: string): SysctlResource => ({
  kind: 'sysctl',
  phase: 'node',
  name,
  value: '1',
  because,
});

const file = (path: string, lines: readonly string[]): FileResource => ({
  kind: 'file',
  phase: 'node',
  path,
  mode: 0o644,
  content: `${lines.join('\n')}\n`,
  because: 'the setting survives a reboot',
});
