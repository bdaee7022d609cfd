import { z } from 'zod';
import { type IpAddress, type IpNetwork, ipAddress, ipNetwork } from '../host/ip.js';
import { isDnsName, isIpAddress, splitEndpoint } from '../inventory/formats.js';

/** More hosts, members and addresses than a cluster of podstrap's can have. */
const most = { hosts: 10_000, members: 100, addresses: 64 };

const hostName = z.string().max(253);
const endpoint = z
  .string()
  .max(300)
  .refine((text) => splitEndpoint(text)?.port !== undefined, { error: 'is not host:port' });
const name = z.string().max(253).refine(isDnsName, { error: 'is not a name' });
const address = z.string().refine(isIpAddress, { error: 'is not an address' });

/** `name=https://ip:2380,…`, as --initial-cluster has it. */
const initialCluster = z
  .string()
  .max(most.members * 400)
  .refine((text) => text.split(',').every(isMember), { error: 'is not a list of members' });

function isMember(text: string): boolean {
  const equals = text.indexOf('=');
  const url = text.slice(equals + 1);
  const peer = url.startsWith('https://') ? splitEndpoint(url.slice('https://'.length)) : undefined;
  return equals >= 0 && /^[A-Za-z0-9._-]{0,253}$/.test(text.slice(0, equals)) && peer?.port !== undefined;
}

/** What is no address, or no network, is left out: it is found anew. Earlier versions kept what hosts said. */
const each = <T>(read: (text: string) => T | undefined) =>
  z
    .array(z.string())
    .max(most.addresses)
    .transform((texts): readonly T[] => texts.flatMap((text) => read(text) ?? []));

const byHost = <T extends z.ZodType>(value: T) =>
  z
    .record(hostName, value)
    .refine((all) => Object.keys(all).length <= most.hosts, { error: 'has too many hosts' });

/**
 * The record of a cluster as it lies on hosts and beside the keystore: what was settled, and what cannot change any more.
 * Fields of a later version are left out.
 */
export const recordSchema = z.object({
  cluster: name,
  clusterId: z.string().regex(/^[0-9a-f]{32}$/),
  endpoint,
  etcd: byHost(z.object({ initialCluster, state: z.enum(['new', 'existing']) })),
  proxyMode: z.enum(['nftables', 'iptables']).optional(),
  virtualAddress: address.optional(),
  pods: byHost(
    z.object({ networks: each<IpNetwork>(ipNetwork), via: each<IpAddress>(ipAddress) }),
  ).optional(),
  defaults: z.array(z.string().max(64)).max(64).optional(),
  fixed: z
    .object({
      clusterName: z.string().max(253),
      dnsDomain: name,
      serviceSubnet: z.string().max(100),
      podSubnet: z.string().max(100).optional(),
      plugin: z.literal('routes').optional(),
      etcdDataDir: z.string().max(4096),
    })
    .optional(),
});

/** What hosts without an API remember: whose they are. */
const fleetRecordSchema = z
  .object({ fleet: name, clusterId: recordSchema.shape.clusterId })
  .transform(({ fleet, clusterId }) => ({
    cluster: fleet,
    clusterId,
    endpoint: '',
    etcd: {},
    isFleet: true,
  }));

/** What a host may remember of whose it is. */
export const hostRecordSchema = z.union([fleetRecordSchema, recordSchema]);
