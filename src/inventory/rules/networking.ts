import { defaultPodSubnet } from '../default-pod-subnet.js';
import { type Draft, hostsOf } from '../draft.js';
import { splitEndpoint } from '../formats.js';
import { canonicalNetwork, contains, hostBits, type Network, overlaps, parseNetworks } from '../networks.js';
import { nodePrefix } from '../node-prefix.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { defaultServiceSubnet } from '../schema.js';
import type { Rule } from './rule.js';

const place = (field: string): Path => ['spec', 'networking', field];

/** The sizes that kubeadm asks of the networks, and that nothing lies in two of them. */
export const networkingRule: Rule = (draft) => {
  const { podSubnet, serviceSubnet = defaultServiceSubnet, plugin } = draft.spec?.networking ?? {};
  const services = parseNetworks(serviceSubnet) ?? [];
  const pods =
    parseNetworks(
      podSubnet ?? (plugin === 'none' || plugin === 'manifests' ? '' : defaultPodSubnet(serviceSubnet)),
    ) ?? [];
  return [
    ...services.flatMap((network) => [...looseBits(network, 'serviceSubnet'), ...serviceSize(network)]),
    ...pods.flatMap((network) => [...looseBits(network, 'podSubnet'), ...podSize(network, draft)]),
    ...pods.flatMap((pod) => services.filter((service) => overlaps(pod, service)).map(overlap(pod))),
    ...inhabitants(draft).flatMap(({ path, address }) =>
      [...services, ...pods]
        .filter((network) => contains(network, address))
        .map((network) => ({
          path,
          found: `${address} lies in the ${pods.includes(network) ? 'pod' : 'service'} network ${network.text}`,
          expected: 'networks for pods and services that no host uses',
        })),
    ),
  ];
};

const overlap =
  (pod: Network) =>
  (service: Network): Finding => ({
    path: place('podSubnet'),
    found: `${pod.text} overlaps the service network ${service.text}`,
    expected: 'networks for pods and services that have no address in common',
  });

function looseBits(network: Network, field: string): readonly Finding[] {
  const canonical = canonicalNetwork(network);
  // Compared by value: IPv6 can be written in many ways.
  if (network.address.toString() === canonical.split('/')[0]) return [];
  return [
    {
      path: place(field),
      found: `${network.text} has bits set behind its prefix`,
      expected: 'the first address of the network',
      hint: `did you mean "${canonical}"?`,
      severity: 'warning',
    },
  ];
}

function serviceSize(network: Network): readonly Finding[] {
  const bits = hostBits(network);
  const path = place('serviceSubnet');
  if (2 ** bits < 10)
    return [{ path, found: `${network.text} has ${2 ** bits} addresses`, expected: 'at least 10 addresses' }];
  if (bits <= 20) return [];
  const longest = network.prefix + bits - 20;
  return [{ path, found: `${network.text} is too large`, expected: `a prefix of /${longest} or longer` }];
}

/** Every node gets a network of its own from the pods'; the controller manager can hand out 2^16 of them. */
function podSize(network: Network, draft: Draft): readonly Finding[] {
  const path = place('podSubnet');
  if (2 ** hostBits(network) < 14)
    return [
      {
        path,
        found: `${network.text} has ${2 ** hostBits(network)} addresses`,
        expected: 'at least 14 addresses',
      },
    ];
  const node = nodePrefix(network.family, draft.spec?.controllerManager?.extraArgs);
  if (network.prefix > node)
    return [
      { path, found: `${network.text} is smaller than one node's /${node}`, expected: `/${node} or shorter` },
    ];
  const parts = 2 ** (node - network.prefix);
  const hosts = hostsOf(draft).length;
  const byRoutes = (draft.spec?.networking?.plugin ?? 'routes') === 'routes';
  if (byRoutes && parts < hosts)
    return [
      {
        path,
        found: `${network.text} has ${parts} networks of a node's /${node}, and there are ${hosts} hosts`,
        expected: `/${node - Math.ceil(Math.log2(hosts))} or shorter, or another node-cidr-mask-size in spec.controllerManager.extraArgs`,
      },
    ];
  if (parts <= 2 ** 16) return [];
  const expected = `/${node - 16} or longer, or another node-cidr-mask-size in spec.controllerManager.extraArgs`;
  return [{ path, found: `${network.text} has more than 2^16 networks of a node's /${node}`, expected }];
}

/** Every IP address that is taken by a machine, once for a host whose two addresses are the same. */
function inhabitants(draft: Draft): readonly { path: Path; address: string }[] {
  const hosts = hostsOf(draft).flatMap(({ host, index }) =>
    (['address', 'advertiseAddress'] as const)
      .filter((field) => field === 'address' || host.advertiseAddress !== host.address)
      .map((field) => ({ path: ['spec', 'hosts', index, field], address: host[field] })),
  );
  const endpoint = splitEndpoint(draft.spec?.controlPlaneEndpoint ?? '')?.host;
  const virtual = draft.spec?.virtualAddress?.address;
  return [
    ...hosts,
    { path: ['spec', 'controlPlaneEndpoint'], address: endpoint === virtual ? undefined : endpoint },
    { path: ['spec', 'virtualAddress', 'address'], address: virtual },
  ].flatMap(({ path, address }) => (address === undefined ? [] : [{ path, address }]));
}
