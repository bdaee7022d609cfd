import { expect, test } from 'vitest';
import { rollOutOf } from '../../src/plan/roll-out.js';
import type { Step } from '../../src/plan/step.js';
import { controlPlane, inventoryOf, worker } from '../desired/inventory-of.js';

const step = (host: string, phase: Step['phase'], action: Step['action']): Step => ({
  host,
  phase,
  action,
  reason: 'a test',
});
const restart = (host: string) =>
  step(host, 'control-plane', { do: 'restart-unit', name: 'kubelet.service' });
const upgraded = (host: string): readonly Step[] => [
  step(host, 'binaries', { do: 'drain-node', node: host }),
  restart(host),
  step(host, 'control-plane', { do: 'uncordon-node', node: host }),
];
const titles = (steps: readonly Step[], maxUnavailableWorkers: number) =>
  rollOutOf(
    steps,
    inventoryOf({
      kubernetesVersion: 'v1.37.2',
      hosts: [controlPlane(1), ...[1, 2, 3].map(worker)],
      upgrade: { maxUnavailableWorkers },
    }),
    { kind: 'live', leaseHolders: [], etcd: { members: [], voting: ['cp-1'], leader: 'cp-1' } },
  ).waves.map(({ title, hosts }) => [title, ...hosts]);

const saves = step('', 'snapshot', { do: 'save-snapshot' });
const upgrade = [saves, ...['cp-1', 'w-1', 'w-2', 'w-3'].flatMap(upgraded)];

test('an upgrade begins with the snapshot; drained workers take turns', () => {
  expect(titles(upgrade, 1)).toEqual([
    ['Snapshot', ''],
    ['cp-1, the etcd leader', 'cp-1'],
    ['w-1', 'w-1'],
    ['w-2', 'w-2'],
    ['w-3', 'w-3'],
  ]);
  expect(titles(upgrade, 2).slice(2)).toEqual([
    ['Workers, 2 at once', 'w-1', 'w-2'],
    ['w-3', 'w-3'],
  ]);
});

test('workers that are not drained change together, before those that are', () => {
  expect(titles([restart('w-1'), ...upgraded('w-2'), restart('w-3')], 1)).toEqual([
    ['Workers, 2 at once', 'w-1', 'w-3'],
    ['w-2', 'w-2'],
  ]);
});
