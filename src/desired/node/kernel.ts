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

function sysctls({ inventory, host, rows }: HostInput): readonly SysctlResource[] {
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
    ...(rows.has('protectKernelDefaults') ? kubeletNeeds : []),
  ];
}

/** What the kubelet demands of the kernel where it may not set it itself: pkg/kubelet/cm, setupKernelTunables. */
const kubeletNeeds: readonly SysctlResource[] = Object.entries({
  'vm.overcommit_memory': '1',
  'vm.panic_on_oom': '0',
  'kernel.panic': '10',
  'kernel.panic_on_oops': '1',
  'kernel.keys.root_maxkeys': '1000000',
  'kernel.keys.root_maxbytes': '25000000',
}).map(([name, value]) => sysctl(name, 'spec.hardening.protectKernelDefaults', value));

function sysctl(name: string, because: string, value = '1'): SysctlResource {
  return { kind: 'sysctl', phase: 'node', name, value, because };
}

const file = (path: string, lines: readonly string[]): FileResource => ({
  kind: 'file',
  phase: 'node',
  path,
  mode: 0o644,
  content: `${lines.join('\n')}\n`,
  because: 'the setting survives a reboot',
});
