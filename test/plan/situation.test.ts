import { describe, expect, test } from 'vitest';
import type { EtcdMember } from '../../src/cluster/etcd.js';
import { peerUrl } from '../../src/desired/settled.js';
import { Failure } from '../../src/failure.js';
import type { ClusterRecord, HostFacts } from '../../src/observed/facts.js';
import type { EtcdView } from '../../src/observed/views/etcd-view.js';
import { etcdArrivals, isKnownToExist, type Situation, situationOf } from '../../src/plan/situation.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';

const ours = '0123456789abcdef0123456789abcdef';
const inventory = inventoryOf({
  kubernetesVersion: 'v1.36.3',
  hosts: [controlPlane(1), controlPlane(2), controlPlane(3), worker(1)],
});
const urls = new Map(inventory.spec.hosts.map((host) => [host.name, peerUrl(host)]));
const peerUrlOf = (host: string): string => urls.get(host)!;

const record = (bootstrapped: boolean, rest: Partial<ClusterRecord> = {}): ClusterRecord => ({
  clusterId: ours,
  cluster: 'test',
  endpoint: '10.0.0.11:6443',
  etcd: Object.fromEntries(
    ['cp-1', 'cp-2', 'cp-3'].map((name) => [name, { initialCluster: '', state: 'new' }]),
  ),
  bootstrapped,
  ...rest,
});

const member = (name: string, rest: Partial<EtcdMember> = {}): EtcdMember => ({
  id: `id-${name}`,
  name,
  peerUrls: [peerUrlOf(name)],
  learner: false,
  ...rest,
});
const all = ['cp-1', 'cp-2', 'cp-3'];
const view = (
  voting: readonly string[],
  members: readonly EtcdMember[] = all.map((name) => member(name)),
): EtcdView => ({
  members,
  voting,
  leader: voting[0],
});

/** Facts of the control planes: of every host what `data` and `records` say, and a bare worker. */
interface Given {
  readonly data?: readonly string[];
  readonly records?: readonly string[];
  readonly bootstrapped?: boolean;
  readonly operator?: ClusterRecord;
  readonly etcd?: EtcdView;
  readonly change?: (facts: HostFacts) => HostFacts;
}

function inputOf({
  data = [],
  records = [],
  bootstrapped = false,
  operator,
  etcd,
  change = (facts) => facts,
}: Given) {
  const facts = inventory.spec.hosts.map(({ name }) =>
    change(
      bareFacts(name, {
        etcdData: data.includes(name),
        record: records.includes(name) ? record(bootstrapped) : undefined,
      }),
    ),
  );
  return {
    inventory,
    record: operator,
    clusterId: ours,
    facts: new Map(facts.map((fact) => [fact.host, fact])),
    etcd,
  };
}

/** What `work` threw. */
function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const situations: readonly (readonly [string, Given, Situation['kind']])[] = [
  ['nothing anywhere', {}, 'new'],
  ['only the operator’s record of a run that changed nothing yet', { operator: record(false) }, 'new'],
  ['one host began', { records: ['cp-2'], operator: record(false) }, 'bootstrapping'],
  ['etcd was born on one host', { data: ['cp-1'], operator: record(false) }, 'bootstrapping'],
  [
    'all members born and voting, gates not passed',
    { data: all, records: all, etcd: view(all) },
    'bootstrapping',
  ],
  [
    'bootstrap interrupted: a member that never started has no data',
    {
      data: ['cp-1', 'cp-2'],
      records: all,
      etcd: view(['cp-1', 'cp-2'], [member('cp-1'), member('cp-2'), member('cp-3', { name: '' })]),
    },
    'bootstrapping',
  ],
  [
    'bootstrap interrupted, and a member that had started lost its data',
    { data: ['cp-1', 'cp-2'], records: all, etcd: view(['cp-1', 'cp-2']) },
    'live',
  ],
  [
    'all well',
    { data: all, records: all, bootstrapped: true, operator: record(true), etcd: view(all) },
    'live',
  ],
  [
    'one of three does not vote',
    { data: all, records: all, bootstrapped: true, etcd: view(['cp-1', 'cp-3']) },
    'live',
  ],
  [
    'one of three lost its data',
    { data: ['cp-1', 'cp-2'], records: all, bootstrapped: true, etcd: view(['cp-1', 'cp-2']) },
    'live',
  ],
  ['the operator lost the record', { data: all, records: all, bootstrapped: true, etcd: view(all) }, 'live'],
  ['cold start: all data there, nobody answers', { data: all, records: all, bootstrapped: true }, 'down'],
  ['one of three answers', { data: all, records: all, bootstrapped: true, etcd: view(['cp-1']) }, 'down'],
  [
    'a learner does not count',
    {
      data: all,
      records: all,
      bootstrapped: true,
      etcd: view(['cp-1'], [member('cp-1'), member('cp-2', { learner: true })]),
    },
    'live',
  ],
];

test.each(situations)('%s', (_name, given, kind) => {
  expect(situationOf(inputOf(given)).kind).toBe(kind);
});

describe('refused, because going on could harm a cluster', () => {
  const refusals: readonly (readonly [string, Given, string, RegExp])[] = [
    [
      'data of one is gone and the others have no quorum',
      { data: ['cp-1', 'cp-2'], records: all, bootstrapped: true, etcd: view(['cp-1']) },
      'cp-3',
      /1 of 3/,
    ],
    ['every host lost its data', { records: all, bootstrapped: true }, 'cp-1, cp-2, cp-3', /3 of 3/],
    [
      'the hosts were wiped, the operator remembers',
      { operator: record(true) },
      'cp-1, cp-2, cp-3',
      /3 of 3/,
    ],
    [
      'a host of another cluster',
      {
        change: (fact) =>
          fact.host === 'cp-2'
            ? { ...fact, record: record(true, { clusterId: 'f'.repeat(32), cluster: 'theirs' }) }
            : fact,
      },
      'cp-2',
      /theirs/,
    ],
    [
      'a worker of another cluster',
      {
        change: (fact) =>
          fact.host === 'w-1'
            ? { ...fact, record: record(true, { clusterId: 'f'.repeat(32), cluster: 'theirs' }) }
            : fact,
      },
      'w-1',
      /another cluster/,
    ],
    [
      'a host of a cluster of this name whose keystore is elsewhere',
      {
        change: (fact) =>
          fact.host === 'w-1' ? { ...fact, record: record(true, { clusterId: 'f'.repeat(32) }) } : fact,
      },
      'w-1',
      /another keystore \(f+\) than the one on this machine/,
    ],
    ['etcd data that is not ours', { data: ['cp-1'] }, 'cp-1', /did not make/],
  ];

  test.each(refusals)('%s', (_name, given, host, said) => {
    const failure = failureOf(() => {
      const situation = situationOf(inputOf(given));
      if (situation.kind === 'lost') throw situation.refusal;
    });
    expect(failure.kind).toBe('refused');
    expect(failure.where.host).toBe(host);
    expect(failure.said).toMatch(said);
    expect(failure.next).toBeTruthy();
  });
});

test('what is known to exist is known by the operator or by one control plane, and by no worker', () => {
  expect(isKnownToExist(inputOf({}))).toBe(false);
  expect(isKnownToExist(inputOf({ operator: record(true) }))).toBe(true);
  expect(isKnownToExist(inputOf({ operator: record(false), records: ['cp-3'], bootstrapped: true }))).toBe(
    true,
  );
  expect(isKnownToExist(inputOf({ records: ['w-1'], bootstrapped: true }))).toBe(false);
  expect(isKnownToExist(inputOf({ operator: record(false), records: all }))).toBe(false);
});

describe('etcd members come into being', () => {
  const arrive = (situation: Situation, data: readonly string[]) =>
    Object.fromEntries(etcdArrivals(inventory, situation, inputOf({ data }).facts, peerUrlOf));
  const live = (members: readonly EtcdMember[]): Situation => ({
    kind: 'live',
    leaseHolders: [],
    etcd: view(all, members),
  });
  const one = 'cp-1=https://10.0.0.11:2380';
  const two = 'cp-2=https://10.0.0.12:2380';
  const three = 'cp-3=https://10.0.0.13:2380';

  test('together where there is nothing to protect', () => {
    const together = { kind: 'together' };
    expect(arrive({ kind: 'new' }, [])).toEqual({ 'cp-1': together, 'cp-2': together, 'cp-3': together });
    expect(arrive({ kind: 'bootstrapping' }, ['cp-2'])).toEqual({ 'cp-1': together, 'cp-3': together });
  });

  test('never where the cluster is down', () => {
    expect(arrive({ kind: 'down' }, [])).toEqual({});
  });

  test('again in place of the member whose data is gone', () => {
    const members = all.map((name) => member(name));
    expect(arrive(live(members), ['cp-1', 'cp-3'])).toEqual({
      'cp-2': {
        kind: 'join',
        replaces: members[1],
        birth: { initialCluster: [one, three, two].join(), state: 'existing' },
        stale: false,
      },
    });
  });

  test('as a new member beside those that are there', () => {
    const arrivals = arrive(live([member('cp-1'), member('cp-2')]), ['cp-1', 'cp-2']);
    expect(arrivals).toEqual({
      'cp-3': {
        kind: 'join',
        replaces: undefined,
        birth: { initialCluster: [one, two, three].join(), state: 'existing' },
        stale: false,
      },
    });
  });

  test('two in one run: the second is told of the first', () => {
    const arrivals = arrive(live([member('cp-1')]), ['cp-1']) as Record<
      string,
      { birth: { initialCluster: string } }
    >;
    expect(arrivals['cp-2']!.birth.initialCluster).toBe([one, two].join());
    expect(arrivals['cp-3']!.birth.initialCluster).toBe([one, two, three].join());
  });

  test('once more after a join that was interrupted before its member started', () => {
    const unstarted = member('cp-3', { name: '', learner: true });
    const arrivals = arrive(live([member('cp-1'), member('cp-2'), unstarted]), ['cp-1', 'cp-2']);
    expect(arrivals).toEqual({
      'cp-3': {
        kind: 'join',
        replaces: unstarted,
        birth: { initialCluster: [one, two, three].join(), state: 'existing' },
        stale: false,
      },
    });
  });

  test('anew where the data is of a member that the cluster no longer knows', () => {
    const arrivals = arrive(live([member('cp-1'), member('cp-2')]), all);
    expect(arrivals).toEqual({
      'cp-3': {
        kind: 'join',
        replaces: undefined,
        birth: { initialCluster: [one, two, three].join(), state: 'existing' },
        stale: true,
      },
    });
  });

  test('not on hosts that were not looked at', () => {
    expect([...etcdArrivals(inventory, { kind: 'new' }, new Map(), peerUrlOf)]).toEqual([]);
  });
});
