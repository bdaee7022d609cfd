import { hostsOf } from '../../draft.js';
import { canonicalNetwork, contains, hostBits, parseNetworks } from '../../networks.js';
import type { Path } from '../../path.js';
import type { Finding } from '../../reading/finding.js';
import type { Rule } from '../../rules/rule.js';
import type { FleetDraft } from '../fleet.js';

const place: Path = ['spec', 'networking', 'podSubnet'];

/** The network of pods is one that no host is in, and only where there is one. */
export const fleetNetworkingRule: Rule = (draft) => {
  const { plugin = 'bridge', podSubnet } = (draft as unknown as FleetDraft).spec?.networking ?? {};
  if (plugin === 'host')
    return podSubnet === undefined
      ? []
      : [
          {
            path: place,
            found: 'a network of pods, and spec.networking.plugin is host',
            expected: 'plugin: bridge, or no podSubnet',
          },
        ];
  const networks = parseNetworks(podSubnet ?? '') ?? [];
  const addresses = hostsOf(draft).flatMap(({ host }) => [
    ...new Set([host.address, host.advertiseAddress].flatMap((address) => address ?? [])),
  ]);
  return networks.flatMap((network): Finding[] => {
    const inside = addresses.find((address) => contains(network, address));
    const canonical = canonicalNetwork(network);
    return [
      ...(inside === undefined
        ? []
        : [
            {
              path: place,
              found: `${network.text} holds the host ${inside}`,
              expected: 'a network that no host is in',
            },
          ]),
      ...(hostBits(network) < 4
        ? [
            {
              path: place,
              found: `${network.text} has ${2 ** hostBits(network)} addresses`,
              expected: 'at least 16 addresses',
            },
          ]
        : []),
      ...(network.address.toString() === canonical.split('/')[0]
        ? []
        : [
            {
              path: place,
              found: `${network.text} has bits set behind its prefix`,
              expected: `${canonical}`,
            },
          ]),
    ];
  });
};
