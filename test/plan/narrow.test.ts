import { describe, expect, test } from 'vitest';
import { partOf, refuseOutOfOrder, requireKnown } from '../../src/plan/narrow.js';
import type { Situation } from '../../src/plan/situation.js';
import type { Plan, Step } from '../../src/plan/step.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

const inventory = inventoryOf({
  kubernetesVersion: 'v1.36.3',
  hosts: [controlPlane(1), controlPlane(2), controlPlane(3), worker(1), worker(2)],
});
const restart = (host: string): Step => ({
  host,
  phase: 'node',
  action: { do: 'restart-unit', name: 'containerd.service' },
  reason: 'its configuration changes',
});
const pin = (host: string): Step => ({
  host,
  phase: 'images',
  action: { do: 'pin-image', ref: 'x' },
  reason: 'it is not pinned',
});
const planOf = (...steps: readonly Step[]): Plan => ({ steps, waves: [], strangers: [] });
const voting = ['cp-1', 'cp-2', 'cp-3'];
const live = (leader: string): Situation => ({
  kind: 'live',
  leaseHolders: [],
  etcd: { members: [], voting, leader },
});

test('hosts that the inventory does not have are bad usage', () => {
  expect(() => requireKnown(inventory, ['cp-2', 'w-2'])).not.toThrow();
  expect(() => requireKnown(inventory, ['cp-22'])).toThrow(
    'not in the inventory: cp-22; did you mean "cp-2"?',
  );
});

test('objects that could not be compared belong to the phase of the cluster, and to no host', () => {
  const plan: Plan = { ...planOf(restart('cp-1')), uncompared: ['Node cp-1'] };
  expect(partOf(plan, undefined)).toEqual(plan);
  expect(partOf(plan, undefined, ['cluster']).uncompared).toEqual(['Node cp-1']);
  expect(partOf(plan, undefined, ['node'])).not.toHaveProperty('uncompared');
  expect(partOf(plan, ['cp-1'])).not.toHaveProperty('uncompared');
});

test('a part of a plan is about these hosts and phases', () => {
  const plan = planOf(restart('cp-1'), pin('cp-1'), restart('w-1'));
  expect(partOf(plan, undefined).steps).toEqual(plan.steps);
  expect(partOf(plan, ['cp-1']).steps).toEqual([restart('cp-1'), pin('cp-1')]);
  expect(partOf(plan, ['cp-1'], ['images']).steps).toEqual([pin('cp-1')]);
});

test('a snapshot comes with every part that changes something', () => {
  const saves: Step = {
    host: '',
    phase: 'snapshot',
    action: { do: 'save-snapshot' },
    reason: 'versions change',
  };
  const plan = planOf(saves, restart('cp-1'));
  expect(partOf(plan, ['cp-1']).steps).toEqual([saves, restart('cp-1')]);
  expect(partOf(plan, ['cp-2']).steps).toEqual([]);
  expect(partOf(plan, undefined, ['node']).steps).toEqual([restart('cp-1')]);
});

describe('limiting what is changed', () => {
  const all = planOf(...inventory.spec.hosts.map(({ name }) => restart(name)));
  test.each<readonly [string, Plan, Situation, readonly string[], string | undefined]>([
    ['one that does not lead', all, live('cp-1'), ['cp-2'], undefined],
    ['the leader before the others', all, live('cp-1'), ['cp-1'], 'cp-2, cp-3'],
    ['the leader alone has changes', planOf(restart('cp-1')), live('cp-1'), ['cp-1'], undefined],
    ['all control planes', all, live('cp-1'), voting, undefined],
    ['a worker before them', all, live('cp-1'), ['w-1'], 'cp-1, cp-2, cp-3'],
    [
      'a worker, and only workers change',
      planOf(restart('w-1'), restart('w-2')),
      live('cp-1'),
      ['w-1'],
      undefined,
    ],
    ['images disturb nobody', planOf(pin('cp-1'), pin('w-1')), live('cp-1'), ['w-1'], undefined],
    ['a bootstrap of some', all, { kind: 'new' }, ['cp-1', 'w-1'], 'cp-2, cp-3'],
    ['a bootstrap without workers', all, { kind: 'new' }, voting, undefined],
    ['some of a cluster that is down', all, { kind: 'down' }, ['cp-1'], 'cp-2, cp-3'],
  ])('%s', (_name, plan, situation, limit, missing) => {
    const limiting = () => refuseOutOfOrder(plan, limit, inventory, situation);
    if (missing === undefined) expect(limiting).not.toThrow();
    else expect(limiting).toThrow(missing);
  });
});
