import { describe, expect, test } from 'vitest';
import { fixedOf } from '../../src/desired/fixed.js';
import { bornTogether } from '../../src/desired/settled.js';
import type { ClusterRecord } from '../../src/observed/facts.js';
import { refusals } from '../../src/plan/refuse/refusals.js';
import type { Situation } from '../../src/plan/situation.js';
import { controlPlane, inventoryOf, type SpecText } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';

const hosts = [controlPlane(1), controlPlane(2), controlPlane(3)];
const given: SpecText = {
  kubernetesVersion: 'v1.36.3',
  networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12', plugin: 'none' as const },
  hosts,
};
const before = inventoryOf(given);
const record: ClusterRecord = {
  cluster: before.metadata.name,
  clusterId: 'a'.repeat(32),
  endpoint: 'api:6443',
  etcd: bornTogether(before),
  fixed: fixedOf(before),
  bootstrapped: true,
};
const names = ['cp-1', 'cp-2', 'cp-3'];
const members = names.map((name, index) => ({ id: String(index), name, peerUrls: [], learner: false }));
const live: Situation = { kind: 'live', leaseHolders: [], etcd: { members, voting: names, leader: 'cp-1' } };
const facts = new Map(names.map((name) => [name, bareFacts(name, { etcdData: true })]));

const said = (change: Partial<SpecText>, rest: Partial<Parameters<typeof refusals>[0]> = {}) =>
  refusals({
    inventory: inventoryOf({ ...given, ...change }),
    record,
    facts,
    situation: live,
    arrivals: new Map(),
    ...rest,
  }).map((failure) => `${failure.kind}: ${failure.said} → ${failure.next}`);
const networking = (change: object) => ({ networking: { ...given.networking, ...change } });

test('an inventory that asks for nothing of the kind is taken', () => {
  expect(said({})).toEqual([]);
  expect(said({ apiServer: { extraArgs: [{ name: 'v', value: '4' }] } })).toEqual([]);
});

describe('what is fixed', () => {
  test.each<readonly [string, Partial<SpecText>, RegExp]>([
    [
      'service subnet',
      networking({ serviceSubnet: '10.112.0.0/12' }),
      /serviceSubnet was 10\.96\.0\.0\/12.*back to/,
    ],
    ['pod subnet: another', networking({ podSubnet: '10.245.0.0/16' }), /podSubnet was 10\.244\.0\.0\/16/],
    ['pod subnet: smaller', networking({ podSubnet: '10.244.0.0/17' }), /podSubnet was/],
    ['pod subnet: taken away', networking({ podSubnet: undefined, plugin: 'none' }), /makes it nothing/],
    [
      'a second service subnet',
      networking({ serviceSubnet: '10.96.0.0/12,fd00:1::/108' }),
      /serviceSubnet was 10\.96\.0\.0\/12/,
    ],
    [
      'a second pod subnet',
      networking({ podSubnet: '10.244.0.0/16,fd00:2::/56' }),
      /nodes have their parts of it, which never change; it may only grow around them/,
    ],
    ['DNS domain', networking({ dnsDomain: 'other.local' }), /dnsDomain was cluster\.local/],
    ['cluster name', { clusterName: 'other' }, /spec\.clusterName was/],
    ['etcd data directory', { etcd: { local: { dataDir: '/data/etcd' } } }, /dataDir was \/var\/lib\/etcd/],
  ])('%s is refused, with the way out', (_name, change, words) => {
    const found = said(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(words);
    expect(found[0]).toMatch(/^refused: .* → Nothing was changed\. Set .* back to .*reset --all/);
  });

  test.each<readonly [string, Partial<SpecText>]>([
    ['a pod subnet around the old one', networking({ podSubnet: '10.240.0.0/12' })],
  ])('%s is allowed', (_name, change) => {
    expect(said(change)).toEqual([]);
  });

  test('a first pod subnet is allowed where there was none', () => {
    const { podSubnet: _none, ...fixed } = record.fixed!;
    expect(said({}, { record: { ...record, fixed } })).toEqual([]);
  });

  test('what a record of an earlier podstrap does not say is not refused', () => {
    const { fixed: _none, ...old } = record;
    expect(said(networking({ dnsDomain: 'other.local' }), { record: old })).toEqual([]);
  });

  test('before there is data nothing is fixed', () => {
    const bare = new Map(names.map((name) => [name, bareFacts(name)]));
    const early = { ...record, bootstrapped: false };
    const rest = { record: early, facts: bare, situation: { kind: 'bootstrapping' } } as const;
    expect(said(networking({ dnsDomain: 'other.local' }), rest)).toEqual([]);
  });

  test('what the operator noted before it was proved, and no host says, does not lock the cluster in', () => {
    const noted = { ...record, fixed: { ...record.fixed!, podSubnet: '10.244.0.0/16,fd00:2::/56' } };
    const undone = new Map([...facts].map(([name, fact]) => [name, { ...fact, record }]));
    expect(said({}, { record: noted, facts: undone })).toEqual([]);
    expect(said({}, { record: noted })).toHaveLength(1);
  });

  test('what a single host remembers fixes nothing', () => {
    const remembering = new Map([...facts, ['cp-2', bareFacts('cp-2', { etcdData: true, record })]]);
    const rest = { record: undefined, facts: remembering };
    expect(said(networking({ dnsDomain: 'other.local' }), rest)).toEqual([]);
  });
});

test('a cluster that has another name on record is refused', () => {
  expect(said({}, { record: { ...record, cluster: 'old-name' } })[0]).toMatch(
    /is called old-name, .* Set metadata\.name back to old-name/,
  );
});

describe('etcd members', () => {
  const moved = { hosts: [hosts[0]!, { ...hosts[1]!, address: '10.0.0.99' }, hosts[2]!] };

  test('one that has data keeps its address', () => {
    expect(said(moved)[0]).toMatch(
      /knows its member as https:\/\/10\.0\.0\.12:2380, .* `podstrap reset cp-2`/,
    );
  });

  test('one without data may come back with another', () => {
    expect(said(moved, { facts: new Map([...facts, ['cp-2', bareFacts('cp-2')]]) })).toEqual([]);
  });

  test('one that leaves the list is taken out by the plan, as long as the others keep their majority', () => {
    expect(said({ hosts: hosts.slice(0, 2) })).toEqual([]);
    expect(said({ hosts: hosts.slice(0, 1) })).toEqual([]);
  });

  test('one that becomes a worker leaves first', () => {
    expect(said({ hosts: [...hosts.slice(0, 2), { ...hosts[2]!, roles: ['worker'] }] })[0]).toMatch(
      /cp-3 is a member of etcd, and no longer a control plane.*`podstrap reset cp-3`/,
    );
  });

  test('where etcd does not answer, the founders count', () => {
    const situation = { kind: 'down' } as const;
    expect(said({ hosts: hosts.slice(0, 1) }, { situation })[0]).toContain('no quorum');
    const joined = { initialCluster: 'cp-4=https://10.0.0.14:2380', state: 'existing' as const };
    const grown = { ...record, etcd: { ...record.etcd, 'cp-4': joined } };
    expect(said({}, { situation, record: grown })).toEqual([]);
  });
});
