import ipaddr from 'ipaddr.js';
import { type Draft, type DraftHost, hostsOf } from '../draft.js';
import { isIpAddress } from '../formats.js';
import { parseNetworks } from '../networks.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import { defaultServiceSubnet } from '../schema.js';
import type { Rule } from './rule.js';

/** Every host needs an IP address in the cluster that others can reach, of the family that services have. */
export const addressesRule: Rule = (draft) =>
  hostsOf(draft).flatMap(({ host, index }) => checkHost(draft, host, ['spec', 'hosts', index]));

function checkHost(draft: Draft, host: DraftHost, path: Path): readonly Finding[] {
  const { address, advertiseAddress } = host;
  if (address === undefined && advertiseAddress === undefined) return [];
  const advertised = advertiseAddress ?? address!;
  const field = [...path, advertiseAddress === undefined ? 'address' : 'advertiseAddress'];
  if (!isIpAddress(advertised))
    return [
      {
        path: [...path, 'advertiseAddress'],
        found: `missing, and the address ${JSON.stringify(advertised)} is a name`,
        expected: 'the IP address of this host within the cluster',
      },
    ];
  return [...unreachable(advertised, field), ...otherFamily(draft, advertised, field)];
}

const useless: Readonly<Record<string, 'error' | 'warning'>> = {
  unspecified: 'error',
  multicast: 'error',
  broadcast: 'error',
  loopback: 'warning',
};

function unreachable(address: string, path: Path): readonly Finding[] {
  const range = ipaddr.parse(address).range();
  const severity = useless[range];
  if (severity === undefined) return [];
  const found = `${address} (${range}) is an address where no other host and no pod reaches this one`;
  const finding = { path, found, expected: 'an address of one of its network interfaces' };
  return [severity === 'warning' ? { ...finding, severity } : finding];
}

/** kube-apiserver refuses to start when its address and the first service network are of different families. */
function otherFamily({ spec }: Draft, address: string, path: Path): readonly Finding[] {
  const [services] = parseNetworks(spec?.networking?.serviceSubnet ?? defaultServiceSubnet) ?? [];
  const family = address.includes(':') ? 6 : 4;
  if (services === undefined || services.family === family) return [];
  return [
    {
      path,
      found: `${address} is IPv${family}, but spec.networking.serviceSubnet begins with IPv${services.family}`,
      expected: `an IPv${services.family} address, or an IPv${family} network first in serviceSubnet`,
    },
  ];
}
