import { Failure } from '../../failure.js';
import { controlPlanes, type Inventory } from '../../inventory/inventory.js';
import type { HostFacts } from '../../observed/facts.js';
import { leavingMembers } from '../leave/leaving-members.js';
import type { EtcdArrival, Situation } from '../situation.js';

export interface RemovalInput {
  readonly inventory: Inventory;
  readonly situation: Situation;
  /** Of the hosts of the inventory that were reached. */
  readonly facts: ReadonlyMap<string, HostFacts>;
  readonly arrivals: ReadonlyMap<string, EtcdArrival>;
}

/**
 * What a live cluster cannot do to come to the control planes of the inventory: members of etcd that do not vote leave
 * first, then others join, one after another, then those that vote leave, one after another, and at each step the rest
 * must have its majority. Pure. @returns every reason why that cannot be, none when all is well
 */
export function refuseRemovals(input: RemovalInput): readonly Failure[] {
  const { inventory, situation } = input;
  if (situation.kind !== 'live') return [];
  const turned = otherRole(input);
  if (turned !== undefined) return [refused(inventory, ...turned)];
  const gone = leavingMembers(inventory, situation.etcd).map(({ name }) => name);
  const said = alone(input, gone) ?? silent(input, gone) ?? tooMany(input, gone);
  return said === undefined ? [] : [refused(inventory, ...said)];
}

type Said = readonly [said: string, next: string];

const refused = (inventory: Inventory, said: string, next: string): Failure =>
  new Failure({
    kind: 'refused',
    doing: `Comparing the control planes of ${inventory.placeOf('spec.hosts')} with the members of etcd`,
    said,
    next: `Nothing was changed. ${next}`,
  });

const live = ({ situation }: RemovalInput) => (situation as Situation & { kind: 'live' }).etcd;
const names = ({ inventory }: RemovalInput) => controlPlanes(inventory).map(({ name }) => name);

/** A host that stays and is no control plane any more: its control plane goes only with all else on it. */
function otherRole(input: RemovalInput): Said | undefined {
  const others = input.inventory.spec.hosts
    .map(({ name }) => name)
    .filter((name) => !names(input).includes(name));
  const turned = live(input)
    .members.filter(({ name }) => others.includes(name))
    .map(({ name }) => name);
  if (turned.length === 0) return undefined;
  return [
    `${turned.join(', ')} ${turned.length === 1 ? 'is a member' : 'are members'} of etcd, and no longer a control plane there`,
    `Give it its role back and let it leave first: ${turned.map((name) => `\`podstrap reset ${name}\``).join(', ')}. Then change the role.`,
  ];
}

/** What is known of the cluster is known by its members: one of them must be there before, meanwhile and after. */
function alone(input: RemovalInput, gone: readonly string[]): Said | undefined {
  const { voting } = live(input);
  if (gone.length === 0 || voting.some((name) => names(input).includes(name))) return undefined;
  return [
    `no control plane would stay: of those that vote (${voting.join(', ')}) none is in the inventory`,
    'Keep one of them, run `podstrap up`, and take it out afterwards.',
  ];
}

/** etcd takes no new member while one of those that it counts on is away. */
function silent(input: RemovalInput, gone: readonly string[]): Said | undefined {
  const { arrivals, facts } = input;
  const { members, voting } = live(input);
  if (![...arrivals.values()].some(({ kind }) => kind === 'join')) return undefined;
  const away = members
    .filter(({ name, learner }) => !learner && !voting.includes(name) && !gone.includes(name))
    .filter(({ name }) => !arrivals.has(name) && !facts.has(name))
    .map(({ name }) => name);
  if (away.length === 0) return undefined;
  return [
    `etcd takes no new member while ${away.join(', ')} ${away.length === 1 ? 'does' : 'do'} not vote`,
    'Bring it back, or take it out of spec.hosts as well when it will not come back: then its member is removed first.',
  ];
}

function tooMany(input: RemovalInput, gone: readonly string[]): Said | undefined {
  const { arrivals } = input;
  const { members, voting } = live(input);
  const stay = members.filter(
    ({ name, learner }) => !learner && (!gone.includes(name) || voting.includes(name)),
  );
  const coming = [...arrivals].filter(([, { kind }]) => kind === 'join').map(([name]) => name);
  let all = new Set([...stay.map(({ name }) => name), ...coming]).size;
  let alive = new Set([...voting, ...coming]).size;
  for (const name of gone.filter((one) => voting.includes(one))) {
    all--;
    alive--;
    if (alive <= all / 2)
      return [
        `without ${name} only ${alive} of ${all} etcd members would vote: no quorum`,
        'Bring the other members back first; `podstrap status` shows them. Or take out those that will not come back, and leave this one in.',
      ];
  }
  return undefined;
}
