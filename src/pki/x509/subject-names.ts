import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { addressAt, firstNetwork } from '../../host/network.js';
import { splitEndpoint } from '../../inventory/formats.js';
import type { Host, Inventory } from '../../inventory/inventory.js';

/** Subject alternative names: each kind sorted, without repetition, addresses in their shortest form. */
export interface SubjectNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** Everything that a client may call the API server of `host`. Only an endpoint that the user gave is a name of it. */
export function apiServerNames({ spec }: Inventory, host: Host): readonly string[] {
  const { networking, apiServer, controlPlaneEndpoint, virtualAddress } = spec;
  const endpoint = controlPlaneEndpoint === undefined ? undefined : splitEndpoint(controlPlaneEndpoint);
  return [
    host.name,
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${networking.dnsDomain}`,
    addressAt(firstNetwork(networking.serviceSubnet), 1),
    host.advertiseAddress,
    ...(endpoint === undefined ? [] : [endpoint.host]),
    ...(virtualAddress === undefined ? [] : [virtualAddress.address]),
    ...apiServer.certSANs,
  ];
}

/** Everything that an etcd member of `host` is called by its clients and peers. */
export const etcdNames = (host: Host, more: readonly string[]): readonly string[] => [
  host.name,
  'localhost',
  host.advertiseAddress,
  '127.0.0.1',
  '::1',
  ...more,
];

/**
 * Everything that an API server may call the kubelet of `host`: the first address of its node, and what a flag of the
 * inventory says the addresses are.
 */
export const kubeletNames = ({ spec }: Inventory, host: Host): readonly string[] => {
  const flags = [...spec.kubelet.extraArgs, ...(host.kubelet?.extraArgs ?? [])];
  const nodeIps = flags.filter(({ name }) => name === 'node-ip').flatMap(({ value }) => value.split(','));
  return [host.name, host.advertiseAddress, ...nodeIps.filter((address) => isIP(address) !== 0)];
};

/** Sorts names and addresses apart. */
export function subjectNames(names: readonly string[]): SubjectNames {
  const unique = (list: readonly string[]) => [...new Set(list)].sort();
  return {
    dnsNames: unique(names.filter((name) => isIP(name) === 0).map((name) => name.toLowerCase())),
    ipAddresses: unique(names.filter((name) => isIP(name) !== 0).map(shortAddress)),
  };
}

/** One spelling for each address. An IPv4 address in the clothes of IPv6 is what verifiers take it for: IPv4. */
export const shortAddress = (address: string): string => ipaddr.process(address).toString();
