import { expect, test } from 'vitest';
import { parseInventory } from '../../../src/inventory/reading/parse-inventory.js';
import type { Step } from '../../../src/plan/step.js';
import { fleetWaves } from '../../../src/plan/waves/fleet-waves.js';

const names = Array.from({ length: 22 }, (_, index) => `shop-${index + 1}`);

const inventory = (rollout = '') =>
  parseInventory(
    `apiVersion: podstrap.io/v1alpha1
kind: Fleet
metadata: { name: shops }
spec:
  kubernetesVersion: v1.36.3
  hosts: [${names.map((name, index) => `{ name: ${name}, address: 192.0.2.${index + 1} }`).join(', ')}]
${rollout}`,
    { file: 'fleet.yaml', directory: '/', environment: {} },
  ).inventory;

const change = (host: string): Step => ({
  host,
  phase: 'control-plane',
  action: { do: 'restart-unit', name: 'kubelet.service' },
  reason: 'its configuration changes',
});
const image = (host: string): Step => ({
  host,
  phase: 'images',
  action: { do: 'import-image', ref: 'a/b:1', digest: `sha256:${'0'.repeat(64)}`, size: 1 },
  reason: 'it is wanted',
});

const shown = (rollout: string | undefined, steps: readonly Step[], reached = names) =>
  fleetWaves(steps, inventory(rollout), reached).map(({ name, hosts }) => `${name}: ${hosts.length}`);

test('without stages one host goes first, and then a tenth at a time', () => {
  expect(shown(undefined, names.map(change))).toEqual([
    'hosts 1: 1',
    ...Array.from({ length: 7 }, (_, index) => `hosts ${index + 2}: 3`),
  ]);
});

test('images are there before the hosts of a stage change, and only on those that take some', () => {
  const stages =
    '  rollout: { stages: [{ name: canary, hosts: { names: [shop-1] } }, { name: rest, maxParallel: 50% }] }\n';
  expect(shown(stages, [...names.slice(0, 3).flatMap((host) => [image(host), change(host)])])).toEqual([
    'images canary: 1',
    'canary 1: 1',
    'images rest: 2',
    'rest 1: 2',
  ]);
});

test('hosts that cannot be reached count in no percentage, and a stage of which none can be reached holds the next', () => {
  const stages =
    '  rollout: { stages: [{ name: canary, hosts: { names: [shop-1, shop-2] } }, { name: rest, maxParallel: 25% }] }\n';
  const reached = names.slice(2, 12);
  expect(shown(stages, reached.map(change), reached)).toEqual([
    'after canary: 2',
    'rest 1: 3',
    'rest 2: 3',
    'rest 3: 3',
    'rest 4: 1',
  ]);
});

test('a stage that soaks or waits is followed by a pause, also when its own hosts have nothing to change', () => {
  const stages =
    '  rollout: { stages: [{ name: canary, hosts: { names: [shop-1] }, soak: 10m, approve: true }, { name: rest }] }\n';
  expect(shown(stages, [change('shop-2')])).toEqual(['after canary: 1', 'rest 1: 1']);
  expect(shown(stages, [change('shop-1')])).toEqual(['canary 1: 1']);
});

test('each wave comes after the one before it, and every step is in one', () => {
  const steps = names.flatMap((host) => [image(host), change(host)]);
  const waves = fleetWaves(steps, inventory(), names);
  expect(waves.slice(1).map(({ after }) => after)).toEqual(waves.slice(0, -1).map(({ name }) => [name]));
  expect(waves.flatMap((wave) => wave.steps).length).toBe(steps.length);
});
