import { type PodNetworksByHost, podNetworks } from '../desired/node/pod-networks.js';
import { Failure } from '../failure.js';
import type { IpNetwork } from '../host/ip.js';
import type { Inventory } from '../inventory/inventory.js';
import { parseNetworks } from '../inventory/networks.js';
import type { ClusterRecord, HostFacts } from '../observed/facts.js';
import { globalAddresses, interfaceOf } from '../observed/interface-of.js';
import { toldPodNetworks } from '../plan/documents/told-pod-networks.js';
import type { Situation } from '../plan/situation.js';
import type { Transport } from '../transport/transport.js';
import { firstAnswer, type Session } from './session.js';

interface Seen {
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly situation: Situation;
  /** What was settled before. */
  readonly record: Pick<ClusterRecord, 'pods' | 'virtualAddress'> | undefined;
  /** Hosts that have left the inventory and still run. */
  readonly leaving: readonly string[];
}

/**
 * Every host's part of the pods' network: what was settled, or what its node has, or the next one that is free.
 * @throws Failure `inventory` when none is left, `unreachable` when nodes may have some and nobody can tell
 */
export const settlePods = async (
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  seen: Seen,
): Promise<PodNetworksByHost> =>
  podNetworks({
    inventory: session.inventory,
    before: seen.record?.pods ?? {},
    leaving: seen.leaving,
    given: await podNetworksGiven(session, transports, seen),
    addresses: addressesOf(session.inventory, seen),
  });

/**
 * Parts of the pods' network that nodes have already, when a cluster that lives gets its routes only now: what a node has
 * cannot be changed.
 */
async function podNetworksGiven(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  { situation, record }: Seen,
): Promise<Readonly<Record<string, readonly IpNetwork[]>>> {
  const isFirst = session.inventory.spec.networking.plugin === 'routes' && record?.pods === undefined;
  if (!isFirst || situation.kind !== 'live') return {};
  const pools = parseNetworks(session.inventory.spec.networking.podSubnet!)!;
  const told = await firstAnswer(session, transports, async (kube) =>
    toldPodNetworks(await kube.list('Node'), pools),
  );
  if ('answer' in told) return told.answer;
  throw new Failure({
    kind: 'unreachable',
    doing: 'Reading which part of the pods’ network each node has',
    said: told.said,
    next: 'The routes depend on it: each has to lie within spec.networking.podSubnet. See what `podstrap status` says of the API servers, then run it again.',
  });
}

/** Every address of the interface through which a host is reached within the cluster, but for one that only visits it. */
function addressesOf({ spec }: Inventory, { facts, record }: Pick<Seen, 'facts' | 'record'>) {
  const visiting = [spec.virtualAddress?.address, record?.virtualAddress];
  return Object.fromEntries(
    spec.hosts.map(({ name, advertiseAddress }) => {
      const network = facts.get(name)?.network;
      const found = network && interfaceOf(network, advertiseAddress);
      const addresses = found === undefined ? [] : globalAddresses(found);
      return [name, addresses.filter((address) => !visiting.includes(address))];
    }),
  );
}
