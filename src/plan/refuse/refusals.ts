import { type Fixed, fixedOf } from '../../desired/fixed.js';
import { type Birth, peerUrl } from '../../desired/settled.js';
import { Failure } from '../../failure.js';
import { controlPlanes, type Host, hasApi, type Inventory } from '../../inventory/inventory.js';
import { canonicalNetwork, contains, type Network, parseNetworks } from '../../inventory/networks.js';
import type { ClusterRecord, HostFacts } from '../../observed/facts.js';
import { type EtcdArrival, isKnownToExist, type Situation } from '../situation.js';
import { refuseRemovals } from './refuse-removals.js';

export interface RefusalInput {
  readonly inventory: Inventory;
  /** The operator's own record, or what takes its place where it was lost. */
  readonly record: ClusterRecord | undefined;
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly situation: Situation;
  readonly arrivals: ReadonlyMap<string, EtcdArrival>;
}

/** What an inventory asks of a cluster that exists, and what would break it. Pure. @returns every such thing, none when all is well */
export function refusals(input: RefusalInput): readonly Failure[] {
  const { record, facts } = input;
  const exists = isKnownToExist(input) || [...facts.values()].some(({ etcdData }) => etcdData);
  if (!exists) return [];
  if (record === undefined) return [];
  return [
    ...renamed(input, record),
    ...(hasApi(input.inventory) ? changedFixed(input, record.fixed) : []),
    ...movedMembers(input, record.etcd),
    ...removedMembers(input, record.etcd),
    ...refuseRemovals(input),
    ...halfRestored(input),
  ];
}

/** Some hosts may have the data of the snapshot and others that of before: only a restore knows what to do with both. */
function halfRestored({ facts }: RefusalInput): Failure[] {
  const begun = [...facts.values()].filter(({ restoring }) => restoring !== undefined);
  if (begun.length === 0) return [];
  return [
    new Failure({
      kind: 'refused',
      doing: 'Looking at etcd’s data',
      where: { host: begun.map(({ host }) => host).join(', ') },
      said: `a restore from a snapshot was begun there and not finished (${begun[0]!.restoring})`,
      next: 'Run `podstrap etcd restore FILE` again, with the same snapshot or another one: it starts over. Nothing was changed.',
    }),
  ];
}

/**
 * What the operator's own record alone tells of it: known before a keystore is filled for such an inventory, and before any
 * host is asked. Pure.
 */
export const refusalsByRecord = (
  inventory: Inventory,
  record: ClusterRecord | undefined,
): readonly Failure[] =>
  record?.bootstrapped === true
    ? [
        ...renamed({ inventory }, record),
        ...(hasApi(inventory) ? changedFixed({ inventory }, record.fixed) : []),
      ]
    : [];

const refused = (said: string, next: string, host?: string): Failure =>
  new Failure({
    kind: 'refused',
    doing: 'Comparing the inventory with the cluster that exists',
    ...(host === undefined ? {} : { where: { host } }),
    said,
    next: `Nothing was changed. ${next}`,
  });

function renamed({ inventory }: Pick<RefusalInput, 'inventory'>, { cluster }: ClusterRecord): Failure[] {
  if (cluster === inventory.metadata.name) return [];
  const place = inventory.placeOf('metadata.name');
  return [
    refused(
      `the cluster is called ${cluster}, and ${place} calls it ${inventory.metadata.name}`,
      `Set metadata.name back to ${cluster}.`,
    ),
  ];
}

interface Rule {
  readonly field: keyof Fixed;
  readonly path: string;
  /** Why it cannot change, as a sentence without its full stop. */
  readonly why: string;
  /** What else than the same value will do. */
  readonly allows?: (before: string, now: string) => boolean;
}

const rules: readonly Rule[] = [
  {
    field: 'clusterName',
    path: 'spec.clusterName',
    why: 'what the controllers have made carries it, and so does every kubeconfig',
  },
  {
    field: 'dnsDomain',
    path: 'spec.networking.dnsDomain',
    why: 'the names of all services and the issuer of all tokens end with it',
  },
  {
    field: 'serviceSubnet',
    path: 'spec.networking.serviceSubnet',
    why: 'services have addresses of it',
  },
  {
    field: 'podSubnet',
    path: 'spec.networking.podSubnet',
    why: 'nodes have their parts of it, which never change; it may only grow around them',
    allows: holdsAll,
  },
  {
    field: 'plugin',
    path: 'spec.networking.plugin',
    why: 'the pods of every host have their addresses and routes from it',
  },
  {
    field: 'etcdDataDir',
    path: 'spec.etcd.local.dataDir',
    why: 'etcd’s data is there; with an empty directory this member would have lost it',
  },
];

/** True when `now` has as many networks, and every one of `before` lies within that of the same place. */
function holdsAll(before: string, now: string): boolean {
  const [old, wanted] = [before, now].map((text) => parseNetworks(text) ?? []) as [Network[], Network[]];
  const first = (network: Network) => canonicalNetwork(network).split('/')[0]!;
  if (old.length !== wanted.length) return false;
  return old.every((network, index) => {
    const around = wanted[index];
    return around !== undefined && around.prefix <= network.prefix && contains(around, first(network));
  });
}

/**
 * Hosts note what was proved on them, and an undoing puts that back: where most control planes say what the inventory
 * says, and none anything else, the operator's record is of a run that failed, by a podstrap which noted such things before.
 */
function isWitnessed(
  inventory: Inventory,
  facts: RefusalInput['facts'] | undefined,
  field: keyof Fixed,
): boolean {
  const hosts = controlPlanes(inventory);
  const told = hosts.flatMap(({ name }) => facts?.get(name)?.record?.fixed ?? []);
  const wanted = fixedOf(inventory)[field];
  return told.length > hosts.length / 2 && told.every((fixed) => fixed[field] === wanted);
}

function changedFixed(
  { inventory, facts }: Pick<RefusalInput, 'inventory'> & Partial<Pick<RefusalInput, 'facts'>>,
  before: Fixed | undefined,
): Failure[] {
  if (before === undefined) return [];
  const now = fixedOf(inventory);
  return rules.flatMap(({ field, path, why, allows }) => {
    const [then, wanted] = [before[field], now[field]];
    if (then === wanted || then === undefined || allows?.(then, wanted ?? '')) return [];
    if (isWitnessed(inventory, facts, field)) return [];
    return [
      refused(
        `${path} was ${then}, and ${inventory.placeOf(path)} makes it ${wanted ?? 'nothing'}: ${why}`,
        `Set ${path} back to ${then}. Another one needs a new cluster: \`podstrap reset --all\` first, which ends this one.`,
      ),
    ];
  });
}

type Births = Readonly<Record<string, Birth>>;

/** A living member is known to the others by its address. */
function movedMembers({ inventory, facts }: RefusalInput, births: Births): Failure[] {
  return controlPlanes(inventory).flatMap((host) => {
    const before = births[host.name]?.initialCluster
      .split(',')
      .find((member) => member.startsWith(`${host.name}=`))
      ?.slice(host.name.length + 1);
    if (before === undefined || before === peerUrl(host) || facts.get(host.name)?.etcdData !== true)
      return [];
    const place = inventory.placeOf(addressPath(inventory, host));
    return [
      refused(
        `etcd knows its member as ${before}, and ${place} makes it ${peerUrl(host)}`,
        `Set advertiseAddress back. To move it: \`podstrap reset ${host.name}\`, then change the address, then \`podstrap up\`.`,
        host.name,
      ),
    ];
  });
}

const addressPath = ({ spec }: Inventory, { name }: Host): string =>
  `spec.hosts[${spec.hosts.findIndex((host) => host.name === name)}].advertiseAddress`;

/** A host that leaves the list leaves a member behind that counts for quorum; only a cluster that lives can remove it. */
function removedMembers({ inventory, situation }: RefusalInput, births: Births): Failure[] {
  if (situation.kind === 'live') return [];
  const staying = controlPlanes(inventory).map(({ name }) => name);
  const members = Object.keys(births).filter((host) => births[host]!.state === 'new');
  const gone = members.filter((name) => !staying.includes(name));
  if (gone.length === 0) return [];
  return [
    refused(
      `${gone.join(', ')} ${gone.length === 1 ? 'is a member' : 'are members'} of etcd, and not among the control planes of ${inventory.placeOf('spec.hosts')}; etcd has no quorum now, so no member can be removed`,
      'Put it back into spec.hosts, bring enough control planes back and run `podstrap up`. Then take it out.',
    ),
  ];
}
