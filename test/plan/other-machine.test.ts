import { expect, test } from 'vitest';
import { hostOf, type KnownHost, knownHosts } from '../../src/desired/known-host.js';
import { type Failure, Failures } from '../../src/failure.js';
import type { ClusterRecord, HostFacts } from '../../src/observed/facts.js';
import { notThatHost, refuseOtherMachines, sameMachines } from '../../src/plan/refuse/other-machine.js';
import { controlPlane, inventoryOf, type SpecText, worker } from '../desired/inventory-of.js';
import { bareFacts } from './facts-of.js';

const clusterId = 'a'.repeat(32);
const record = (id = clusterId): ClusterRecord => ({
  clusterId: id,
  cluster: 'prod',
  endpoint: '',
  etcd: {},
  bootstrapped: true,
});
const of = (...hosts: SpecText['hosts']) =>
  inventoryOf({
    kubernetesVersion: 'v1.36.3',
    networking: { podSubnet: '10.244.0.0/16', plugin: 'none' },
    hosts,
  });
const named = (name: string, index: number) => ({ ...worker(index), name });
const seen = (host: string, rest: Partial<HostFacts> = {}) =>
  bareFacts(host, { record: record(), nodeName: host, ...rest });

const said = (
  hosts: SpecText['hosts'],
  facts: readonly HostFacts[],
  known: readonly KnownHost[] = [],
): readonly string[] => {
  try {
    refuseOtherMachines(
      of(...hosts),
      clusterId,
      { ...record(), hosts: known },
      new Map(facts.map((fact) => [fact.host, fact])),
    );
    return [];
  } catch (error) {
    const all = error instanceof Failures ? error.failures : [error as Failure];
    return all.map((one) => `${one.kind} ${one.where?.host}: ${one.said} → ${one.next}`);
  }
};

test('machines that say they are what the inventory calls them, or say nothing yet, are taken', () => {
  expect(said([controlPlane(1), worker(1)], [seen('cp-1'), seen('w-1')])).toEqual([]);
  expect(said([controlPlane(1), worker(1)], [seen('cp-1'), bareFacts('w-1')])).toEqual([]);
});

test('one machine under two names is refused, under both; machines that do not say what they are, are not', () => {
  const among = (...ids: readonly string[]) => {
    const hosts = ids.map((_, index) => worker(index + 1));
    const facts = ids.map((machineId, index) => seen(`w-${index + 1}`, { machineId }));
    return sameMachines(of(controlPlane(1), ...hosts), new Map(facts.map((fact) => [fact.host, fact])));
  };
  expect(among('one', 'other', 'one').map(({ where, said }) => `${where?.host}: ${said}`)).toEqual([
    expect.stringMatching(/^w-1: .*it has the machine id of w-3/),
    expect.stringMatching(/^w-3: .*it has the machine id of w-1/),
  ]);
  expect(among('', '')).toEqual([]);
});

test('a machine under another name is refused, with how to rename it', () => {
  expect(
    said([controlPlane(1), named('w-one', 1)], [seen('cp-1'), seen('w-one', { nodeName: 'w-1' })]),
  ).toEqual([
    expect.stringMatching(
      /^refused w-one: the machine at 10\.0\.0\.21 is w-1 of this cluster, and .* calls it w-one → Nothing was changed\. Set the name back to w-1.*To rename it: take w-1 out of spec\.hosts, run `podstrap up`, add it as w-one, run `podstrap up` again\./,
    ),
  ]);
});

test('two names that change places are two refusals', () => {
  const facts = [seen('w-1', { nodeName: 'w-2' }), seen('w-2', { nodeName: 'w-1' })];
  expect(said([controlPlane(1), worker(1), worker(2)], facts)).toHaveLength(2);
});

test('what another cluster or tool left is no name here', () => {
  const foreign = bareFacts('w-1', { nodeName: 'node-7' });
  expect(said([controlPlane(1), worker(1)], [foreign])).toEqual([]);
});

test('a new name for an address that does not answer is refused: nobody knows whose it is', () => {
  const known = knownHosts(of(controlPlane(1), worker(1)).spec.hosts, new Map());
  expect(said([controlPlane(1), named('w-one', 1)], [seen('cp-1')], known)).toEqual([
    expect.stringMatching(/^refused w-one: it does not answer, and 10\.0\.0\.21 was w-1/),
  ]);
  expect(said([controlPlane(1), worker(1), named('w-2', 2)], [seen('cp-1')], known)).toEqual([]);
});

test('a new machine at the address of a dead one has a name of its own', () => {
  const known = knownHosts(of(controlPlane(1), worker(1)).spec.hosts, new Map());
  expect(said([controlPlane(1), named('w-one', 1)], [seen('cp-1'), bareFacts('w-one')], known)).toEqual([]);
});

test.each<readonly [string, Partial<HostFacts>, string | undefined]>([
  ['the host itself', {}, undefined],
  ['a host of the inventory by its machine id', { machineId: 'machine-w-2' }, 'is w-2'],
  ['a host of another name', { nodeName: 'w-3' }, 'is w-3'],
  ['one of another cluster', { record: record('b'.repeat(32)) }, 'belongs to the cluster prod now'],
  ['a machine with nothing of ours', { record: undefined }, 'has nothing of this cluster'],
  ['one without an identity, and the machine that is known', { nodeName: undefined as never }, undefined],
  [
    'one without an identity, and another machine',
    { nodeName: undefined as never, machineId: 'x' },
    'does not say which host it is',
  ],
])('a host that has left is found at its address: %s', (_what, facts, isNot) => {
  const listed = new Map([['w-2', seen('w-2')]]);
  const known = { name: 'w-1', machineId: 'machine-w-1' };
  expect(notThatHost(known, seen('w-1', facts), clusterId, listed)).toBe(isNot);
});

test('the record keeps the machine of a host that is not reached now', () => {
  const { hosts } = of(controlPlane(1)).spec;
  const before = knownHosts(hosts, new Map([['cp-1', { machineId: 'm' }]]));
  expect(knownHosts(hosts, new Map(), before)).toEqual(before);
  expect(hostOf(before[0]!)).not.toHaveProperty('machineId');
});
