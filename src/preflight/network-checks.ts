import { routeProtocol } from '../desired/node/pod-routes.js';
import { takesCoreDns } from '../desired/objects/takes-core-dns.js';
import { isIpv6 } from '../host/network.js';
import { paths } from '../host/paths.js';
import { contains, overlaps, parseNetwork, parseNetworks } from '../inventory/networks.js';
import { globalAddresses, interfaceOf } from '../observed/interface-of.js';
import { hasNftables } from '../observed/views/proxy-mode-of.js';
import type { Check, CheckInput, Finding } from './check.js';

const error = (said: string, next: string): Finding => ({ severity: 'error', said, next });

const alternatives =
  'Set spec.networking.plugin to none and install a network plugin that builds tunnels, such as Flannel, Calico or Cilium.';
const ownConfig = paths.podNetworkConfig.slice(paths.podNetworkConfig.lastIndexOf('/') + 1);
/** Those of other runtimes, which look after themselves. */
const harmless = /loopback|podman/;

/** Checks that are only about hosts whose pods podstrap connects. */
const whereRoutes = (list: readonly Check[]): readonly Check[] =>
  list.map((check) => ({
    ...check,
    find: (input) => (input.inventory.spec.networking.plugin === 'routes' ? check.find(input) : undefined),
  }));

/** What the network of pods and services needs of a host. */
export const networkChecks: readonly Check[] = [
  {
    name: 'nftables',
    about: 'the kernel takes the rules of kube-proxy',
    find: ({ facts, inventory, proxyMode }) => {
      const { disabled, config } = inventory.spec.kubeProxy;
      const mode = config['mode'] ?? proxyMode;
      return disabled || mode !== 'nftables' || hasNftables(facts)
        ? undefined
        : error(
            `kube-proxy writes its rules with nftables, which it does not do on its kernel, ${facts.kernel}, but from 5.13 on`,
            'Boot a newer kernel, or set spec.kubeProxy.config.mode: iptables.',
          );
    },
  },
  {
    name: 'core-dns-resolver',
    about: 'names outside the cluster can be resolved wherever CoreDNS runs',
    find: ({ facts, host, inventory, all }) => {
      const { dns, hosts } = inventory.spec;
      const others = hosts.filter(
        (other) => takesCoreDns(other) && all.get(other.name)?.noResolver === false,
      );
      if (dns.disabled || dns.corefile !== undefined || !facts.noResolver) return undefined;
      if (!takesCoreDns(host) || others.length === 0) return undefined;
      return {
        severity: 'warning',
        said: `it knows no resolver, and ${others.map(({ name }) => name).join(', ')} ${others.length === 1 ? 'does' : 'do'}: CoreDNS would not start there, since it has no server to forward to`,
        next: 'Name a resolver in its /etc/resolv.conf, keep CoreDNS away from it with a taint, or set spec.dns.corefile. If no pod needs such names, there is nothing to do.',
      };
    },
  },
  ...whereRoutes([
    {
      name: 'network-programs',
      about: 'the host has what a network of pods is made with',
      find: ({ facts }: CheckInput) => {
        const { programs } = facts.network;
        const missing = [
          ...(programs.includes('ip') ? [] : ['ip (package iproute2 or iproute)']),
          ...(programs.includes('nft') || programs.includes('iptables') ? [] : ['nft or iptables']),
        ];
        return missing.length === 0
          ? undefined
          : error(
              `missing: ${missing.join(', ')}`,
              'Install the packages that hold them, or set spec.networking.plugin to none.',
            );
      },
    },
    {
      name: 'one-network',
      about: 'the hosts are on one network',
      find: ({ facts, host, inventory }: CheckInput) => {
        const own = interfaceOf(facts.network, host.advertiseAddress);
        const address = own?.addresses.find((one) => one.startsWith(`${host.advertiseAddress}/`));
        const network = address === undefined ? undefined : parseNetwork(address);
        if (own === undefined || network === undefined) return undefined;
        const beyond = inventory.spec.hosts.filter(
          (other) => other.name !== host.name && !contains(network, other.advertiseAddress),
        );
        return beyond.length === 0
          ? undefined
          : error(
              `${beyond.map((other) => `${other.name} (${other.advertiseAddress})`).join(', ')} is not on the network of its ${own.name}, ${address}: a route to the pods there cannot go straight to that host`,
              alternatives,
            );
      },
    },
    {
      name: 'both-families',
      about: 'the hosts have addresses of the families of the pods',
      find: ({ facts, host, inventory }: CheckInput) => {
        const own = interfaceOf(facts.network, host.advertiseAddress);
        if (own === undefined || inventory.spec.hosts.length === 1) return undefined;
        const addresses = [host.advertiseAddress, ...globalAddresses(own)];
        const missing = (parseNetworks(inventory.spec.networking.podSubnet!) ?? []).filter(
          ({ family }) => !addresses.some((address) => isIpv6(address) === (family === 6)),
        );
        return missing.length === 0
          ? undefined
          : error(
              `its ${own.name} has no IPv${missing[0]!.family} address, by which others would reach its pods in ${missing[0]!.text}`,
              'Give the interface one, or take that network out of spec.networking.podSubnet.',
            );
      },
    },
    {
      name: 'pod-network',
      about: 'the network of the pods is used by nothing else on the host',
      find: ({ facts, inventory }: CheckInput) => {
        const pools = parseNetworks(inventory.spec.networking.podSubnet!) ?? [];
        const strange = facts.network.routes.filter(
          ({ to, protocol, device }) =>
            protocol !== String(routeProtocol) &&
            device !== 'cni0' &&
            pools.some((pool) => overlaps(pool, parseNetwork(to) ?? pool)),
        );
        return strange.length === 0
          ? undefined
          : error(
              `it has a route to ${strange.map(({ to, device }) => `${to}${device === undefined ? '' : ` (${device})`}`).join(', ')}, which overlaps the network of the pods, ${inventory.spec.networking.podSubnet}`,
              'Set spec.networking.podSubnet to a network that no host uses.',
            );
      },
    },
    {
      name: 'other-plugin',
      about: 'no other network plugin is active',
      find: ({ facts }: CheckInput) => {
        const others = facts.network.plugins.filter((name) => name !== ownConfig && !harmless.test(name));
        return others.length === 0
          ? undefined
          : error(
              `/etc/cni/net.d has ${others.join(', ')}: another network plugin is installed`,
              'Set spec.networking.plugin to none to keep it, or remove it first.',
            );
      },
    },
  ]),
];
