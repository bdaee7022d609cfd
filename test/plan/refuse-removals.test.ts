import { expect, test } from 'vitest';
import { refuseRemovals } from '../../src/plan/refuse/refuse-removals.js';
import type { EtcdArrival } from '../../src/plan/situation.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';

interface Case {
  /** Numbers of the control planes whose members etcd has. */
  readonly members: readonly number[];
  /** Those of them that do not vote. */
  readonly away?: readonly number[];
  /** Control planes of the inventory. */
  readonly wanted: readonly number[];
}

const join: EtcdArrival = {
  kind: 'join',
  replaces: undefined,
  birth: { initialCluster: '', state: 'existing' },
  stale: false,
};

function said({ members, away = [], wanted }: Case): string | undefined {
  const name = (number: number) => `cp-${number}`;
  const voting = members.filter((number) => !away.includes(number)).map(name);
  const joining = wanted.filter((number) => !members.includes(number));
  return refuseRemovals({
    inventory: inventoryOf({
      kubernetesVersion: 'v1.36.3',
      networking: { podSubnet: '10.244.0.0/16', plugin: 'none' },
      hosts: wanted.map((number) => controlPlane(number)),
    }),
    situation: {
      kind: 'live',
      leaseHolders: [],
      etcd: {
        members: members.map((number) => ({
          id: String(number),
          name: name(number),
          peerUrls: [],
          learner: false,
        })),
        voting,
        leader: voting[0],
      },
    },
    facts: new Map(
      wanted
        .filter((number) => !away.includes(number))
        .map((number) => [name(number), bareFacts(name(number))]),
    ),
    arrivals: new Map(joining.map((number) => [name(number), join])),
  })[0]?.said;
}

test.each<readonly [string, Case]>([
  ['one of three', { members: [1, 2, 3], wanted: [1, 2] }],
  ['two of three, one after the other', { members: [1, 2, 3], wanted: [3] }],
  ['four of five', { members: [1, 2, 3, 4, 5], wanted: [5] }],
  ['the dead one of three', { members: [1, 2, 3], away: [3], wanted: [1, 2] }],
  ['the dead one of three, with another in its place', { members: [1, 2, 3], away: [1], wanted: [2, 3, 4] }],
  [
    'two dead ones of five, with others in their place',
    { members: [1, 2, 3, 4, 5], away: [4, 5], wanted: [1, 2, 3, 6, 7] },
  ],
  ['a dead one, and then one that lives', { members: [1, 2, 3], away: [3], wanted: [1] }],
  ['one of three, with another in its place', { members: [1, 2, 3], wanted: [1, 2, 4] }],
  ['one of five while another is away', { members: [1, 2, 3, 4, 5], away: [5], wanted: [1, 2, 3, 5] }],
])('may leave: %s', (_name, one) => {
  expect(said(one)).toBeUndefined();
});

test.each<readonly [string, Case, RegExp]>([
  [
    'all that vote',
    { members: [1, 2, 3], wanted: [4, 5, 6] },
    /no control plane would stay.*cp-1, cp-2, cp-3/,
  ],
  [
    'all that vote, while one that is away stays',
    { members: [1, 2, 3], away: [3], wanted: [3] },
    /no control plane would stay/,
  ],
  [
    'one that lives while another is away',
    { members: [1, 2, 3], away: [3], wanted: [1, 3] },
    /without cp-2 only 1 of 2 .*no quorum/,
  ],
  [
    'three of five while another is away',
    { members: [1, 2, 3, 4, 5], away: [5], wanted: [1, 5] },
    /without cp-4 only 1 of 2 .*no quorum/,
  ],
  [
    'none, but another joins while one is away',
    { members: [1, 2, 3], away: [3], wanted: [1, 2, 3, 4] },
    /no new member while cp-3 does not vote/,
  ],
])('may not leave: %s', (_name, one, words) => {
  expect(said(one)).toMatch(words);
});
