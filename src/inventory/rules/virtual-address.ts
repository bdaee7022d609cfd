import ipaddr from 'ipaddr.js';
import { type Draft, hostsOf } from '../draft.js';
import { isIpAddress, splitEndpoint } from '../formats.js';
import type { Finding } from '../reading/finding.js';
import { defaultBindPort, defaultMetricsPort } from '../schema.js';
import type { Rule } from './rule.js';

const path = ['spec', 'virtualAddress', 'address'];
const same = (one: string, other: string): boolean =>
  ipaddr.isValid(one) && ipaddr.process(one).toString() === ipaddr.process(other).toString();

/** The address that control planes hold among themselves: nobody else's, and one that leads to their API servers. */
export const virtualAddressRule: Rule = (draft) => {
  const { address, metricsPort = defaultMetricsPort } = draft.spec?.virtualAddress ?? {};
  if (address === undefined) return [];
  return [
    ...useless(address),
    ...taken(draft, address),
    ...otherFamily(draft, address),
    ...elsewhere(draft, address),
    ...unheard(draft),
    ...(metricsPort === bindPortOf(draft)
      ? [
          {
            path: ['spec', 'virtualAddress', 'metricsPort'],
            found: `${metricsPort}, at which the API servers listen`,
            expected: 'another port',
          },
        ]
      : []),
  ];
};

const bindPortOf = ({ spec }: Draft): number => spec?.apiServer?.bindPort ?? defaultBindPort;

function useless(address: string): readonly Finding[] {
  const range = ipaddr.parse(address).range();
  const short = ipaddr.parse(address).toString();
  // Hosts tell of it in this form alone.
  if (short !== address)
    return [{ path, found: `${address}, which is also written ${short}`, expected: short }];
  if (!['unspecified', 'multicast', 'broadcast', 'loopback', 'linkLocal'].includes(range)) return [];
  const found = `${address} (${range}) is an address that cannot be handed from one host to another`;
  return [{ path, found, expected: 'a free address on the network of the control planes' }];
}

function taken(draft: Draft, address: string): readonly Finding[] {
  const owner = hostsOf(draft).find(({ host }) =>
    [host.address, host.advertiseAddress].some((own) => own !== undefined && same(own, address)),
  );
  return owner === undefined
    ? []
    : [
        {
          path,
          found: `${address} is the address of spec.hosts[${owner.index}]`,
          expected: 'an address that no machine has: control planes take it on beside their own',
        },
      ];
}

function otherFamily(draft: Draft, address: string): readonly Finding[] {
  const other = hostsOf(draft).find(({ host }) => {
    const own = host.advertiseAddress ?? host.address;
    return (
      host.roles?.includes('control-plane') &&
      own !== undefined &&
      isIpAddress(own) &&
      own.includes(':') !== address.includes(':')
    );
  });
  if (other === undefined) return [];
  const [family, hosts] = address.includes(':') ? [6, 4] : [4, 6];
  return [
    {
      path,
      found: `${address} is IPv${family}, and spec.hosts[${other.index}] has an IPv${hosts} address in the cluster`,
      expected: `an IPv${hosts} address on the network of the control planes`,
    },
  ];
}

/** A name may lead there, and nobody here can tell; another address does not, and no port is translated. */
function elsewhere(draft: Draft, address: string): readonly Finding[] {
  const endpoint = splitEndpoint(draft.spec?.controlPlaneEndpoint ?? '');
  const bindPort = bindPortOf(draft);
  if (endpoint === undefined) return [];
  const at = ['spec', 'controlPlaneEndpoint'];
  if (ipaddr.isValid(endpoint.host) && !same(endpoint.host, address))
    return [
      {
        path: at,
        found: `${endpoint.host}, while spec.virtualAddress is ${address}`,
        expected: 'the same address, a DNS name of it, or no endpoint: it is the virtual address by default',
      },
    ];
  if (endpoint.port === undefined || endpoint.port === bindPort) return [];
  const found = `port ${endpoint.port}: the virtual address leads straight to an API server, which listens at ${bindPort}`;
  return [{ path: at, found, expected: `port ${bindPort}, or another spec.apiServer.bindPort` }];
}

/** An API server that listens on one address does not hear what comes to another one. */
function unheard({ spec }: Draft): readonly Finding[] {
  const flags = spec?.apiServer?.extraArgs ?? [];
  const index = flags.findLastIndex((flag) => flag?.name === 'bind-address');
  const bound = flags[index]?.value;
  if (bound === undefined || bound === '0.0.0.0' || bound === '::') return [];
  return [
    {
      path: ['spec', 'apiServer', 'extraArgs', index],
      found: `--bind-address=${bound}, so that API servers do not listen at spec.virtualAddress`,
      expected: '0.0.0.0 or ::, the default, where there is a virtual address',
    },
  ];
}
