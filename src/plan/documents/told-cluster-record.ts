import { z } from 'zod';
import { sorted } from '../../desired/canonical-yaml.js';
import * as formats from '../../inventory/formats.js';
import { parseNetwork, parseNetworks } from '../../inventory/networks.js';
import type { ClusterRecord } from '../../observed/facts.js';
import { digestOf } from '../../secrets/digest.js';

const host = z.string().refine(formats.isDnsName);
const address = z.string().refine(formats.isIpAddress);
const networks = z.string().refine((text) => parseNetworks(text) !== undefined);
const network = z.string().refine((text) => parseNetwork(text) !== undefined);
/** `cp-1=https://10.0.0.1:2380,cp-2=https://[fd00::2]:2380` */
const members = z
  .string()
  .max(10_000)
  .regex(
    /^[a-z0-9.-]+=https:\/\/[0-9A-Za-z.:[\]-]+:\d{1,5}(,[a-z0-9.-]+=https:\/\/[0-9A-Za-z.:[\]-]+:\d{1,5})*$/,
  );

/** What a control plane may say of its cluster, and nothing beside it; see desired/cluster-record.ts. */
const schema = z.strictObject({
  cluster: host,
  clusterId: z.string().regex(/^[0-9a-f]{32}$/),
  endpoint: z.string().refine((text) => formats.splitEndpoint(text)?.port !== undefined),
  etcd: z.record(host, z.strictObject({ initialCluster: members, state: z.enum(['new', 'existing']) })),
  proxyMode: z.enum(['nftables', 'iptables']).exactOptional(),
  virtualAddress: address.exactOptional(),
  pods: z
    .record(host, z.strictObject({ networks: z.array(network).max(2), via: z.array(address).max(2) }))
    .exactOptional(),
  defaults: z
    .array(z.string().regex(/^[A-Za-z]{1,64}$/))
    .max(64)
    .exactOptional(),
  fixed: z
    .strictObject({
      clusterName: z.string().max(253),
      dnsDomain: host,
      serviceSubnet: networks,
      podSubnet: networks.exactOptional(),
      plugin: z.literal('routes').exactOptional(),
      etcdDataDir: z.string().max(4096).startsWith('/'),
    })
    .exactOptional(),
});

export type ToldClusterRecord = Readonly<z.output<typeof schema>>;

/** What a host's record says, when it is one that podstrap could have written. Pure. */
export function toldClusterRecord(record: ClusterRecord): ToldClusterRecord | undefined {
  const { bootstrapped: _, ...told } = record;
  const { data } = schema.safeParse(told);
  return data;
}

/** As it is shown, and what its digest is of. */
export const clusterRecordText = (record: ToldClusterRecord): string =>
  JSON.stringify(sorted(record), null, 2);

export const clusterRecordDigest = (record: ToldClusterRecord): string => digestOf(clusterRecordText(record));
