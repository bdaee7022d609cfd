import type { EtcdMember } from '../cluster/etcd.js';
import type { Birth } from '../desired/settled.js';
import { Failure } from '../failure.js';
import { controlPlanes, hasApi, type Inventory } from '../inventory/inventory.js';
import type { ClusterRecord, HostFacts } from '../observed/facts.js';
import type { EtcdView } from '../observed/views/etcd-view.js';
import { leavingMembers } from './leave/leaving-members.js';

/**
 * How the cluster stands, which decides how changes reach it:
 * `new` and `bootstrapping`: nothing to protect, all hosts at once, etcd members are born together;
 * `live`: etcd has quorum, one node at a time;
 * `down`: the cluster exists and has no quorum: nothing to protect, all hosts at once, nothing is born.
 */
export type Situation =
  | { readonly kind: 'new' | 'bootstrapping' | 'down' }
  | {
      readonly kind: 'live';
      readonly etcd: EtcdView;
      /** Hosts whose controller manager or scheduler is the one at work, as far as the API tells. */
      readonly leaseHolders: readonly string[];
      /** The host that has the virtual address, as far as the API tells. */
      readonly addressHolder?: string | undefined;
    }
  /** There is no control plane: each host stands for itself, and nothing is asked of a majority. */
  | { readonly kind: 'standalone' }
  /** Data of members is gone and the rest has no quorum: nothing may be started. */
  | { readonly kind: 'lost'; readonly refusal: Failure };

/** The hosts whose member of etcd votes; none where there is no quorum to tell. */
export const votingIn = (situation: Situation): readonly string[] =>
  situation.kind === 'live' ? situation.etcd.voting : [];

export interface SituationInput {
  readonly inventory: Inventory;
  /** The operator's own record. */
  readonly record: ClusterRecord | undefined;
  readonly clusterId: string;
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly etcd: EtcdView | undefined;
}

/** Tells the situation from facts. Pure. @throws Failure `refused` where going on could harm a cluster */
export function situationOf(input: SituationInput): Situation {
  const { inventory, facts, etcd } = input;
  const hosts = controlPlanes(inventory).flatMap(({ name }) => facts.get(name) ?? []);
  for (const fact of facts.values()) refuseForeign(fact, input);
  if (!hasApi(inventory)) return { kind: 'standalone' };
  const bootstrapped = isKnownToExist(input);
  const lost = hosts.filter((fact) => !fact.etcdData);
  const quorum =
    etcd !== undefined && etcd.voting.length > etcd.members.filter(({ learner }) => !learner).length / 2;
  if (quorum && (bootstrapped || lost.some(({ host }) => hasStarted(host, etcd))))
    return { kind: 'live', etcd, leaseHolders: [] };
  if (!bootstrapped)
    return {
      kind: hosts.some((fact) => fact.record !== undefined || fact.etcdData) ? 'bootstrapping' : 'new',
    };
  if (lost.length > 0) return { kind: 'lost', refusal: dataLost(lost, hosts.length) };
  return { kind: 'down' };
}

/**
 * True once the first bootstrap passed its gates, if the operator or a single control plane remembers it. It never becomes false again, since an empty etcd would otherwise pass for a new cluster.
 */
export const isKnownToExist = ({
  inventory,
  record,
  facts,
}: Pick<SituationInput, 'inventory' | 'record' | 'facts'>): boolean =>
  record?.bootstrapped === true ||
  controlPlanes(inventory).some(({ name }) => facts.get(name)?.record?.bootstrapped === true);

/** A member has a name only once it has run; until then it may be born with an empty data directory. */
const hasStarted = (host: string, etcd: EtcdView): boolean => etcd.members.some(({ name }) => name === host);

function refuseForeign(fact: HostFacts, { inventory, clusterId, record }: SituationInput): void {
  const { name } = inventory.metadata;
  const kind = fact.record?.isFleet === true ? 'fleet' : 'cluster';
  if (fact.record !== undefined && hasApi(inventory) !== (kind === 'cluster'))
    throw new Failure({
      kind: 'refused',
      doing: 'Checking whose host this is',
      where: { host: fact.host },
      said: `it belongs to the ${kind} ${fact.record.cluster}, and ${inventory.file} describes a ${inventory.kind}`,
      next: `Take this host out of the inventory, or empty it first with \`podstrap reset\` and that ${kind}’s inventory. Nothing was changed.`,
    });
  if (fact.record !== undefined && fact.record.clusterId !== clusterId && fact.record.cluster === name)
    throw new Failure({
      kind: 'refused',
      doing: 'Checking whose host this is',
      where: { host: fact.host },
      said: `it belongs to a ${kind} ${name} with another keystore (${fact.record.clusterId}) than the one on this machine (${clusterId})`,
      next: `When this is that ${kind}, its keystore is not here: bring it from the machine of its last \`podstrap up\`, or from your backup, to .podstrap/${name}/ beside ${inventory.file}, in place of what is there now. When it is another ${kind} of the same name, empty the host first with \`podstrap reset\`, that ${kind}’s inventory and its keystore.${
        kind === 'fleet'
          ? ` When the keystore of this fleet is lost for good: \`podstrap up --new-authority ${fact.record.clusterId}\`.`
          : ''
      } Nothing was changed.`,
    });
  if (fact.record !== undefined && fact.record.clusterId !== clusterId)
    throw new Failure({
      kind: 'refused',
      doing: 'Checking whose host this is',
      where: { host: fact.host },
      said: `it belongs to another ${kind}: ${fact.record.cluster} (${fact.record.clusterId})`,
      next: `When this is that ${kind}, set metadata.name back to ${fact.record.cluster}: it cannot be renamed. Otherwise use the keystore of that ${kind}, or empty the host first with \`podstrap reset\` and that ${kind}’s inventory.`,
    });
  if (fact.record === undefined && fact.etcdData && record?.etcd[fact.host] === undefined)
    throw new Failure({
      kind: 'refused',
      doing: 'Checking whose host this is',
      where: { host: fact.host },
      said: 'it holds etcd data that podstrap did not make',
      next: 'Move that data away if it is not needed, or take this host out of the inventory.',
    });
}

const dataLost = (lost: readonly HostFacts[], all: number): Failure =>
  new Failure({
    kind: 'refused',
    doing: 'Looking at etcd’s data',
    where: { host: lost.map(({ host }) => host).join(', ') },
    said: `the data of ${lost.length} of ${all} etcd members is gone, and the others have no quorum. Starting etcd empty would make a new, empty cluster`,
    next: 'Bring back enough of the other members, or restore a snapshot: `podstrap etcd restore FILE`. Nothing was changed.',
  });

/** How a host's etcd member is to be born or re-born in this run; nothing when it has its data. */
export type EtcdArrival =
  | { readonly kind: 'together' }
  | {
      readonly kind: 'join';
      readonly replaces: EtcdMember | undefined;
      readonly birth: Birth;
      /** True when data of a member that the cluster no longer knows lies in the way. */
      readonly stale: boolean;
    };

/** Tells for each control plane whether its etcd member has to come into being. Pure. */
export function etcdArrivals(
  inventory: Inventory,
  situation: Situation,
  facts: ReadonlyMap<string, HostFacts>,
  peerUrlOf: (host: string) => string,
): ReadonlyMap<string, EtcdArrival> {
  const arrivals = new Map<string, EtcdArrival>();
  // Members join one after another, in this order: each is told of those that joined before it.
  let members = situation.kind === 'live' ? presentAtJoins(inventory, situation.etcd) : [];
  for (const { name } of controlPlanes(inventory)) {
    const fact = facts.get(name);
    if (fact === undefined) continue;
    const stale = fact.etcdData && situation.kind === 'live' && !hasStarted(name, situation.etcd);
    if (fact.etcdData && !stale) continue;
    if (situation.kind === 'new' || situation.kind === 'bootstrapping')
      arrivals.set(name, { kind: 'together' });
    if (situation.kind !== 'live') continue;
    const arrival = joining(name, members, stale, peerUrlOf);
    arrivals.set(name, arrival);
    const joined: EtcdMember = { id: '', name, peerUrls: [peerUrlOf(name)], learner: false };
    members = [...members.filter((member) => member !== arrival.replaces), joined];
  }
  return arrivals;
}

/** Members whose hosts leave go before others join when they do not vote, and after that when they do. */
function presentAtJoins(inventory: Inventory, etcd: EtcdView): readonly EtcdMember[] {
  const gone = leavingMembers(inventory, etcd).filter(({ name }) => !etcd.voting.includes(name));
  return etcd.members.filter(({ id }) => !gone.some((one) => one.id === id));
}

function joining(
  name: string,
  members: readonly EtcdMember[],
  stale: boolean,
  peerUrlOf: (host: string) => string,
): EtcdArrival & { kind: 'join' } {
  const url = peerUrlOf(name);
  const replaces = members.find((member) => member.name === name || member.peerUrls.includes(url));
  const others = members.filter((member) => member !== replaces);
  const initialCluster = [
    ...others.map((member) => `${member.name}=${member.peerUrls[0]}`),
    `${name}=${url}`,
  ].join(',');
  return { kind: 'join', replaces, birth: { initialCluster, state: 'existing' }, stale };
}
